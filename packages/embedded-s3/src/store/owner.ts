/** The owner of every bucket and object. */
export const owner = {
  ID: "0000000000000000000000000000000000000000000000000000000000000000",
  DisplayName: "valetkey",
};
