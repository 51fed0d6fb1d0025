// Responds to every request as AWS STS does to AssumeRole, and tells its parent the port.
import { createServer } from "node:http";

const body = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>${"s".repeat(40)}</SecretAccessKey>
<SessionToken>${"t".repeat(1_000)}</SessionToken><Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>`;
const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.setHeader("content-type", "text/xml").end(body));
});
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
process.on("disconnect", () => process.exit());
