import { createValetKey, type ValetKey } from "valetkey";
import { photos } from "../../application.ts";

// `next dev` loads modules again after each change. The instance, and its embedded store, have to survive that.
const shared = globalThis as { valetKey?: Promise<ValetKey> };

/** Valet Key, which the first request starts: `next build` loads this module too, where there is no configuration. */
export function getValetKey(): Promise<ValetKey> {
  shared.valetKey ??= createValetKey({
    grants: {
      grants: [
        { who: "authenticated", bucket: "demo", prefix: "users/{sub}/", allow: ["DOWNLOAD", "UPLOAD"] },
      ],
    },
    onObjectStored: (event) => photos.save(event),
  });
  return shared.valetKey;
}
