import { useEffect } from "react";

/** After a dialog, gives the focus back to what had it before, or to the row that the keyboard was at. */
export function useFocusReturn(isOpen: boolean): void {
  useEffect(() => {
    if (!isOpen) return;
    const before = document.activeElement;
    return () => {
      // After the dialog has been removed.
      setTimeout(() => {
        const isThere = before instanceof HTMLElement && before.isConnected && before !== document.body;
        const target = isThere ? before : document.querySelector<HTMLElement>(".file-row[tabindex='0']");
        target?.focus();
      });
    };
  }, [isOpen]);
}
