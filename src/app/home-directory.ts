import { homedir } from "node:os";

/**
 * AWS's SDK looks for its files in the home directory, and throws if there is none: a container's user may have neither a
 * HOME nor an entry in /etc/passwd. Such a user gets the root directory as HOME, as in Docker.
 */
export function ensureHomeDirectory(environment: Record<string, string | undefined>): void {
  try {
    homedir();
  } catch {
    environment.HOME = "/";
  }
}
