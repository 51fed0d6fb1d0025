/**
 * Calls a function before the next repaint. A tab in the background is not repainted, and neither is Node: there it is
 * called a little later.
 */
export function beforeRepaint(callback: () => void): void {
  const repaints = typeof requestAnimationFrame === "function";
  let isCalled = false;
  const callOnce = () => {
    if (isCalled) return;
    isCalled = true;
    clearTimeout(timer);
    callback();
  };
  const timer = setTimeout(callOnce, repaints ? 1_000 : 16);
  if (repaints) requestAnimationFrame(callOnce);
}
