import { createCipheriv, createDecipheriv, randomBytes as systemRandomBytes } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { StoreError } from "../core/store-error.ts";
import { type IamPolicy, parseIamPolicy } from "../iam/iam-policy.ts";
import type { Identity } from "../iam/identity.ts";
import { sha256Hex } from "./canonical-request.ts";

/** A role that the store's own keys can assume. */
export interface StoreRole {
  /** It is a part of the ARN of each session. */
  readonly name: string;
  readonly arn: string;
  readonly policy: IamPolicy;
  readonly maxSessionSeconds: number;
  /** If set, AssumeRole has to send the same value. */
  readonly externalId?: string | undefined;
  /** Whether the trust policy allows sts:TagSession and sts:SetSourceIdentity. Default: false. */
  readonly allowTagSession?: boolean | undefined;
  readonly allowSourceIdentity?: boolean | undefined;
}

export interface AccessKeysOptions {
  readonly baseAccessKeyId: string;
  readonly baseSecretAccessKey: string;
  /** 32 bytes. They are enough to create credentials for every role. */
  readonly tokenKey: Buffer;
  /** Default: 000000000000. */
  readonly accountId?: string | undefined;
  readonly roles: readonly StoreRole[];
  readonly randomBytes?: ((size: number) => Buffer) | undefined;
}

/** An authorized AssumeRole. */
export interface RoleSessionRequest {
  readonly role: StoreRole;
  readonly sessionName: string;
  /** A policy document that parseIamPolicy takes. */
  readonly sessionPolicy?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly sourceIdentity?: string | undefined;
  readonly expiresAt: Date;
}

export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: Date;
}

export interface FoundKey {
  readonly identity: Identity;
  readonly secretAccessKey: string;
}

/** The content of a session token. */
interface SealedSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly roleName: string;
  readonly sessionName: string;
  readonly sessionPolicy?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly sourceIdentity?: string | undefined;
}

/**
 * The store's own keys, and the temporary credentials that it issues. A session is not stored anywhere: its token contains
 * it, encrypted, so that credentials survive a restart. The token does not contain the role's policy, so a change of that
 * policy applies to sessions that exist.
 */
export class AccessKeys {
  readonly accountId: string;
  readonly roles: readonly StoreRole[];
  readonly #options: AccessKeysOptions;
  readonly #randomBytes: (size: number) => Buffer;

  constructor(options: AccessKeysOptions) {
    this.accountId = options.accountId ?? "000000000000";
    this.roles = options.roles;
    this.#options = options;
    this.#randomBytes = options.randomBytes ?? systemRandomBytes;
  }

  /** Issues temporary credentials. The caller has to be authorized before. */
  issue(request: RoleSessionRequest): IssuedCredentials {
    const accessKeyId = temporaryKeyPrefix + base32(this.#randomBytes(10));
    const secretAccessKey = this.#randomBytes(30).toString("base64");
    const sealed: SealedSession = {
      accessKeyId,
      secretAccessKey,
      expiresAt: request.expiresAt.getTime(),
      roleName: request.role.name,
      sessionName: request.sessionName,
      sessionPolicy: request.sessionPolicy,
      tags: request.tags ?? {},
      sourceIdentity: request.sourceIdentity,
    };
    const sessionToken = this.#seal(sealed);
    return { accessKeyId, secretAccessKey, sessionToken, expiresAt: request.expiresAt };
  }

  /**
   * Whose key it is, and the secret to check the signature with.
   * @throws {StoreError} 403 InvalidAccessKeyId, 400 InvalidToken, 400 ExpiredToken
   */
  lookup(accessKeyId: string, sessionToken: string | undefined, now: Date): FoundKey {
    const { baseAccessKeyId, baseSecretAccessKey } = this.#options;
    if (accessKeyId === baseAccessKeyId) {
      if (sessionToken !== undefined) throw invalidToken(sessionToken);
      const arn = `arn:aws:iam::${this.accountId}:user/valetkey`;
      const userId = uniqueId("AIDA", arn);
      return { identity: { kind: "base", arn, userId }, secretAccessKey: baseSecretAccessKey };
    }
    if (sessionToken === undefined || !accessKeyId.startsWith(temporaryKeyPrefix)) {
      throw new StoreError(
        403,
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        { details: { AWSAccessKeyId: accessKeyId } },
      );
    }
    const session = this.#unseal(sessionToken);
    const role = this.roles.find(({ name }) => name === session?.roleName);
    if (session === undefined || session.accessKeyId !== accessKeyId || role === undefined) {
      throw invalidToken(sessionToken);
    }
    if (session.expiresAt <= now.getTime()) {
      throw new StoreError(400, "ExpiredToken", "The provided token has expired.", {
        details: { "Token-0": sessionToken },
      });
    }
    const { sessionPolicy } = session;
    return {
      identity: {
        kind: "session",
        arn: this.sessionArn(role, session.sessionName),
        userId: this.sessionUserId(role, session.sessionName),
        expiresAt: new Date(session.expiresAt),
        rolePolicy: role.policy,
        sessionPolicy: sessionPolicy === undefined ? undefined : parseIamPolicy(sessionPolicy),
        tags: session.tags,
        sourceIdentity: session.sourceIdentity,
      },
      secretAccessKey: session.secretAccessKey,
    };
  }

  sessionArn(role: StoreRole, sessionName: string): string {
    return `arn:aws:sts::${this.accountId}:assumed-role/${role.name}/${sessionName}`;
  }

  /** The value of AssumedRoleId and UserId in STS, and of the condition key aws:userid. */
  sessionUserId(role: StoreRole, sessionName: string): string {
    return `${uniqueId("AROA", role.arn)}:${sessionName}`;
  }

  /** Encrypts a session. It is compressed first, because it becomes a part of every presigned URL. */
  #seal(session: SealedSession): string {
    const nonce = this.#randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, this.#options.tokenKey, nonce);
    const plain = deflateRawSync(JSON.stringify(session));
    const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return sealed.toString("base64");
  }

  #unseal(token: string): SealedSession | undefined {
    const bytes = Buffer.from(token, "base64");
    // Buffer.from skips characters that are not base64, so several spellings would decode to the same bytes.
    if (bytes.length <= nonceBytes + tagBytes || bytes.toString("base64") !== token) return undefined;
    const nonce = bytes.subarray(0, nonceBytes);
    const decipher = createDecipheriv(algorithm, this.#options.tokenKey, nonce, { authTagLength: tagBytes });
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    try {
      const plain = [decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()];
      const session: SealedSession = JSON.parse(inflateRawSync(Buffer.concat(plain)).toString());
      return session;
    } catch {
      return undefined;
    }
  }
}

/** Looks like IAM's unique ids, and is the same after each restart. */
function uniqueId(prefix: "AIDA" | "AROA", arn: string): string {
  return `${prefix}${sha256Hex(arn).slice(0, 17).toUpperCase()}`;
}

const temporaryKeyPrefix = "ASIA";
const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

function invalidToken(token: string): StoreError {
  return new StoreError(400, "InvalidToken", "The provided token is malformed or otherwise invalid.", {
    details: { "Token-0": token },
  });
}

const base32Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Encodes by RFC 4648 §6, for lengths that need no padding. */
function base32(bytes: Buffer): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => base32Digits.charAt(Number.parseInt(five, 2))).join("");
}
