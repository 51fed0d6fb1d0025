const nonce = document.querySelector<HTMLElement>("meta[property=csp-nonce]")?.nonce ?? "";

// The library that keeps the page from scrolling behind a dialog adds a style element, and reads its nonce here.
Object.assign(globalThis, { __webpack_nonce__: nonce });

/** The nonce that the page's Content-Security-Policy requires of style elements. */
export function styleNonce(): string {
  return nonce;
}
