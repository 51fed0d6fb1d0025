import { fromIni, fromNodeProviderChain } from "@aws-sdk/credential-providers";
import type { BucketRole, Buckets } from "../core/bucket-settings.ts";

export type CredentialProvider = ReturnType<typeof fromNodeProviderChain>;

export interface BaseCredentialsOptions {
  readonly buckets: Buckets;
  readonly defaultRole: BucketRole | undefined;
  /** What assumes the default role. Default: AWS's provider chain. */
  readonly ofDefaultRole?: CredentialProvider | undefined;
}

/** The credentials that assume roles: those of AWS's provider chain, or of one profile. */
export class BaseCredentials {
  readonly #options: BaseCredentialsOptions;
  /** Each remembers what it has found, so it is created once. */
  readonly #providers = new Map<string | undefined, CredentialProvider>();

  constructor(options: BaseCredentialsOptions) {
    this.#options = options;
  }

  for(role: BucketRole): CredentialProvider {
    const { defaultRole, ofDefaultRole } = this.#options;
    return role === defaultRole && ofDefaultRole !== undefined
      ? ofDefaultRole
      : this.#ofProfile(role.profile);
  }

  /** Rejects only if the credentials of no role can be found: one profile must not stop the requests for all others. */
  async resolveAny(): Promise<void> {
    const { buckets, defaultRole } = this.#options;
    const roles = [defaultRole, ...[...buckets.all().values()].map(({ role }) => role)];
    const providers = new Set(roles.flatMap((role) => (role === undefined ? [] : [this.for(role)])));
    if (providers.size > 0) await Promise.any([...providers].map((provider) => provider()));
  }

  #ofProfile(profile: string | undefined): CredentialProvider {
    let provider = this.#providers.get(profile);
    if (provider === undefined) {
      provider = profile === undefined ? fromNodeProviderChain() : fromIni({ profile });
      this.#providers.set(profile, provider);
    }
    return provider;
  }
}
