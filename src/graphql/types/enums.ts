import { registerEnumType } from "type-graphql";

export enum Disposition {
  INLINE = "INLINE",
  ATTACHMENT = "ATTACHMENT",
}

registerEnumType(Disposition, {
  name: "Disposition",
  description: "What a browser does with a download.",
  valuesConfig: {
    INLINE: {
      description:
        "Shows it, if it can, also when it is stored as an attachment. A stored text/html or image/svg+xml then runs as a page of the bucket's origin: for files of strangers ask for ATTACHMENT, or give a `contentType` that runs nothing.",
    },
    ATTACHMENT: { description: "Saves it." },
  },
});

export enum UploadMethod {
  AUTO = "AUTO",
  PUT = "PUT",
  POST = "POST",
  MULTIPART = "MULTIPART",
}

registerEnumType(UploadMethod, {
  name: "UploadMethod",
  description: "How the bytes travel from the client to S3.",
  valuesConfig: {
    AUTO: { description: "`PUT` up to the server's multipart threshold, `MULTIPART` above." },
    PUT: { description: "One PUT of the file as it is: up to 5 GiB." },
    POST: {
      description: "One HTML form (multipart/form-data), as old browsers and plain forms send: up to 5 GiB.",
    },
    MULTIPART: {
      description:
        "Parts that can be sent in parallel, repeated and resumed: up to 48.8 TiB, which is 10,000 parts of 5 GiB.",
    },
  },
});

export enum Action {
  DOWNLOAD = "DOWNLOAD",
  UPLOAD = "UPLOAD",
  LIST = "LIST",
  DELETE = "DELETE",
}

registerEnumType(Action, {
  name: "Action",
  description: "What a grant allows.",
  valuesConfig: {
    DOWNLOAD: { description: "Read objects and their metadata." },
    UPLOAD: { description: "Store objects, and see, complete and abort multipart uploads." },
    LIST: { description: "List objects." },
    DELETE: { description: "Delete objects." },
  },
});

export enum ChecksumAlgorithm {
  CRC32 = "CRC32",
  CRC32C = "CRC32C",
  CRC64NVME = "CRC64NVME",
  SHA1 = "SHA1",
  SHA256 = "SHA256",
}

registerEnumType(ChecksumAlgorithm, {
  name: "ChecksumAlgorithm",
  description: "The checksums that S3 verifies and keeps.",
  valuesConfig: {
    CRC32: { description: "4 bytes, zlib's. Also for multipart uploads." },
    CRC32C: { description: "4 bytes, Castagnoli's. Also for multipart uploads." },
    CRC64NVME: { description: "8 bytes. Also for multipart uploads." },
    SHA1: { description: "20 bytes. Not for multipart uploads." },
    SHA256: { description: "32 bytes. Not for multipart uploads." },
  },
});
