export const names = {
  arithmetic: "bare SigV4 arithmetic, derived key cached",
  presigner: "Valet Key's presigner",
  sdkPresigner: "SDK, S3RequestPresigner.presign",
  getSignedUrl: "SDK, getSignedUrl on a shared client",
};
