import { z } from "zod";
import { externalId, regionName, roleArn } from "../../../core/aws-names.ts";
import { choice, integer, list, named, onOff, origin, port } from "../value-parsers.ts";
import { variable } from "../variable.ts";

/** The role, the store and the grants. */
export const storeVariables = {
  AWS_REGION: variable(
    named(regionName).optional(),
    "none",
    "The default region. With a role, either this or `VALETKEY_REGIONS` is required.",
  ),
  VALETKEY_ROLE_ARN: variable(
    named(roleArn).optional(),
    "none",
    "The role of buckets that name none in the [access file](#settings-of-buckets). It is not needed if every granted bucket names a role. Otherwise the server uses the embedded store without it, and does not start in production.",
  ),
  VALETKEY_EXTERNAL_ID: variable(
    named(externalId).optional(),
    "none",
    "The external ID that is sent with AssumeRole.",
  ),
  VALETKEY_SESSION_SECONDS: variable(
    integer(900, 43_200).default(3600),
    "`3600`",
    "The lifetime of role sessions, 900 to 43200. The role's maximum has to allow it.",
  ),
  VALETKEY_SESSION_TAGS: variable(
    onOff.default(false),
    "`off`",
    "`on` sends the session tags `valetkey:sub` and `valetkey:iss`. The trust policy must allow `sts:TagSession`.",
  ),
  VALETKEY_SOURCE_IDENTITY: variable(
    onOff.default(false),
    "`off`",
    "`on` sends the session name as SourceIdentity. The trust policy must allow `sts:SetSourceIdentity`.",
  ),
  VALETKEY_REGIONS: variable(
    list(named(regionName)).optional(),
    "`AWS_REGION`; without a role `us-east-1`",
    "The regions that a client may name, separated by commas. The default region is `AWS_REGION` if it is one of them, otherwise the first one.",
  ),
  VALETKEY_FORCE_PATH_STYLE: variable(
    choice({ true: true, false: false }).default(false),
    "`false`",
    "`true` is for stores without virtual-hosted buckets.",
  ),
  VALETKEY_PUBLIC_ENDPOINT_URL: variable(
    origin.optional(),
    "none",
    "The origin of the store in everything that is signed for clients, where they reach it under another name than the server does. A path is not possible, because the signature covers it.",
  ),
  VALETKEY_GRANTS: variable(
    z.string().optional(),
    "none",
    "The [access file](#the-access-file). It is required with a role, and read again on SIGHUP.",
  ),
  VALETKEY_DATA_DIR: variable(
    z.string().default(".valetkey"),
    "`.valetkey`",
    "The folder of the embedded store.",
  ),
  VALETKEY_STORE_PORT: variable(
    port.optional(),
    "`PORT` + 1",
    "The port of the embedded store on `HOST`. `0` takes any free one.",
  ),
};
