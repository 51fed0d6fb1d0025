import "react";

declare module "react" {
  interface InputHTMLAttributes<T> {
    /** Lets the user choose a folder. */
    webkitdirectory?: "" | undefined;
  }
}
