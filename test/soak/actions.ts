import { badRequest } from "./bad-requests.ts";
import { copy, deleteOldest, list, look } from "./changes.ts";
import { disconnect, download, downloadMany } from "./downloads.ts";
import {
  partsByHand,
  postByHand,
  putByHand,
  slowlyThroughTheServer,
  throughTheServer,
  withThePackage,
} from "./uploads.ts";
import type { World } from "./world.ts";

export interface Action {
  readonly name: string;
  act(world: World): Promise<void>;
}

export const deletion: Action = { name: "deleteObjects", act: deleteOldest };

const weighted: readonly (Action & { readonly weight: number })[] = [
  { weight: 20, name: "downloadUrl, sometimes followed by the download", act: download },
  { weight: 6, name: "downloadUrls of up to 200 objects", act: downloadMany },
  { weight: 8, name: "one PUT request by hand, confirmed", act: putByHand },
  { weight: 3, name: "a form by hand, confirmed", act: postByHand },
  { weight: 4, name: "parts by hand", act: partsByHand },
  { weight: 5, name: "an upload with the client package", act: withThePackage },
  { weight: 8, name: "uploadFile", act: throughTheServer },
  { weight: 3, name: "uploadFile, sent slowly", act: slowlyThroughTheServer },
  { weight: 5, name: "copyObject", act: copy },
  { weight: 6, ...deletion },
  { weight: 4, name: "a list with the client package", act: list },
  { weight: 6, name: "a page, uploads and the caller", act: look },
  { weight: 8, name: "a request that is refused", act: badRequest },
  { weight: 4, name: "a client that disconnects", act: disconnect },
];

/** Each action as often as its weight says. */
export const actions: readonly Action[] = weighted.flatMap(({ weight, ...action }) =>
  Array.from({ length: weight }, () => action),
);
