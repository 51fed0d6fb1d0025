import { createContext, useContext } from "react";
import type { Session } from "../session/session-context.ts";
import { UploadQueue } from "../uploads/upload-queue.ts";
import { Changes } from "./changes.ts";
import { Jobs } from "./jobs.ts";
import { Notices } from "./notices.ts";

/** What goes on while the user looks at one folder and another. */
export interface Workspace {
  readonly notices: Notices;
  readonly changes: Changes;
  readonly jobs: Jobs;
  readonly uploads: UploadQueue;
}

export function createWorkspace({ client, viewer }: Session): Workspace {
  const notices = new Notices();
  const changes = new Changes();
  const uploads = new UploadQueue(client, viewer, (bucket, key) => changes.notify(bucket, key));
  return { notices, changes, jobs: new Jobs(notices), uploads };
}

export const WorkspaceContext = createContext<Workspace | undefined>(undefined);

export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (workspace === undefined) throw new Error("useWorkspace needs a WorkspaceContext around it.");
  return workspace;
}
