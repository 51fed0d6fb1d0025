import { decodeJwt, UnsecuredJWT } from "jose";
import { expect, test } from "vitest";
import { newSigningKey, startOpenIdProvider } from "../../support/openid-provider.ts";
import { startTestServer } from "../../support/test-server.ts";

const audience = "https://files.example.com/";
const viewer = "{ viewer { subject } }";

const startServerFor = (issuer: string) =>
  startTestServer({ env: { VALETKEY_JWT_ISSUER: issuer, VALETKEY_JWT_AUDIENCE: audience } });

test("the server discovers an OpenID provider, and accepts only its tokens for this audience", async () => {
  await using provider = await startOpenIdProvider();
  await using other = await startOpenIdProvider();
  await using server = await startServerFor(provider.issuer);
  const answer = (token: string) => server.client.as(token).request(viewer);

  const token = await provider.accessToken(audience);
  expect(await answer(token)).toMatchObject({ status: 200, data: { viewer: { subject: "app" } } });

  const expired = await answer(await provider.accessToken(audience, -120));
  expect(expired.errors).toMatchObject([{ message: "The bearer token has expired." }]);

  const unsigned = new UnsecuredJWT(decodeJwt(token)).encode();
  const [header, , signature] = token.split(".");
  const changed = Buffer.from(JSON.stringify({ ...decodeJwt(token), sub: "root" })).toString("base64url");
  for (const refused of [
    await provider.accessToken("https://another.example.com/"),
    await other.accessToken(audience),
    unsigned,
    `${header}.${changed}.${signature}`,
  ]) {
    const { status, errors } = await answer(refused);
    expect(status).toBe(401);
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED", retryable: false } }]);
  }
});

test("a key rotation and a restart of the provider are survived", async () => {
  const [first, second] = [await newSigningKey("first"), await newSigningKey("second")];
  const before = await startOpenIdProvider({ keys: [first] });
  const { issuer, port } = before;
  await using server = await startServerFor(issuer);
  const subject = async (token: string) => {
    const { data, errors } = await server.client.as(token).request<{ viewer: { subject: string } }>(viewer);
    return data?.viewer.subject ?? errors?.[0]?.extensions?.retryable;
  };
  const old = await before.accessToken(audience);
  const unseen = await before.accessToken(audience);
  expect(await subject(old)).toBe("app");
  await before.close();

  // Known keys remain in use while the provider is down.
  expect(await subject(unseen)).toBe("app");
  await using after = await startOpenIdProvider({ port, keys: [second, first] });
  const rotated = await after.accessToken(audience);
  // A token with an unknown key makes the server fetch the keys again, at most every five seconds.
  await expect.poll(() => subject(rotated), { timeout: 30_000, interval: 500 }).toBe("app");
  expect(await subject(await after.accessToken(audience))).toBe("app");
});

test("a provider that starts after the server is discovered then", async () => {
  const placeholder = await startOpenIdProvider();
  const { issuer, port } = placeholder;
  const early = await placeholder.accessToken(audience);
  await placeholder.close();
  await using server = await startServerFor(issuer);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  expect(await server.client.as(early).request(viewer)).toMatchObject({
    status: 401,
    errors: [{ extensions: { code: "UNAUTHENTICATED", retryable: true } }],
  });
  await using provider = await startOpenIdProvider({ port });
  const token = await provider.accessToken(audience);
  await expect
    .poll(async () => (await server.client.as(token).request(viewer)).status, {
      timeout: 60_000,
      interval: 500,
    })
    .toBe(200);
});
