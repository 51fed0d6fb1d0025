/** The caller of a request. */
export type Principal =
  | { readonly authenticated: false }
  | {
      readonly authenticated: true;
      /** A name that no other caller has. With several issuers, `claims.iss` has to distinguish them. */
      readonly subject: string;
      /** What else is known of the caller, as values of JSON. Rules and prefixes of the access file can use it. */
      readonly claims?: Readonly<Record<string, unknown>> | undefined;
    };

/** What a grant can allow. */
export type Action = "DOWNLOAD" | "UPLOAD" | "LIST" | "DELETE" | "CREDENTIALS";

/** What a caller may do below one prefix. */
export interface Grant {
  /** The bucket's name. */
  readonly bucket: string;
  /** Literal text. Default: the whole bucket. */
  readonly prefix?: string | undefined;
  /** At least one action. */
  readonly allow: readonly Action[];
  /** The largest file, in bytes. Default: no limit but that of the server. */
  readonly maxUploadBytes?: number | undefined;
  /** Media types without parameters, `image/*`, or any type. Default: any. */
  readonly contentTypes?: readonly string[] | undefined;
  /** The longest lifetime of a URL, in seconds. */
  readonly maxExpiresSeconds?: number | undefined;
  /**
   * Lets callers share role sessions if their grants allow the same, which saves calls to STS. CloudTrail then shows the
   * group instead of the caller. All of a caller's grants for a role need it. Default: false.
   */
  readonly shareSessions?: boolean | undefined;
}

/** An object that may exist. */
export interface ObjectRef {
  /** The bucket's name. */
  readonly bucket: string;
  /** The key, exactly as it is stored: 1 to 1,024 bytes of UTF-8. */
  readonly key: string;
  /** Default: the default region. */
  readonly region?: string | undefined;
  /** Default: the latest version. */
  readonly versionId?: string | undefined;
}

/** A header, a form field, an entry of the metadata, or a tag. */
export interface NameAndValue {
  readonly name: string;
  readonly value: string;
}

/** A checksum of a whole file. */
export interface Checksum {
  /** How the checksum is computed. */
  readonly algorithm: "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256";
  /** The checksum's bytes in base64. */
  readonly value: string;
}

/** Where to store a file, and what to store with it. */
export interface UploadInput extends Omit<ObjectRef, "versionId"> {
  /** The media type, such as `image/png`. */
  readonly contentType?: string | undefined;
  /** The header `Content-Disposition` of downloads. */
  readonly contentDisposition?: string | undefined;
  /** The header `Content-Encoding` of downloads, such as `gzip`. */
  readonly contentEncoding?: string | undefined;
  /** The header `Cache-Control` of downloads. */
  readonly cacheControl?: string | undefined;
  /** Text that is stored with the object: at most 2 KB together. */
  readonly metadata?: readonly NameAndValue[] | undefined;
  /** At most 10. */
  readonly tags?: readonly NameAndValue[] | undefined;
  /**
   * Of the whole file. Nothing is stored if the bytes have another one. Without its value, the upload becomes a multipart
   * upload, and `completeUpload` takes the value.
   */
  readonly checksum?: Checksum | Pick<Checksum, "algorithm"> | undefined;
  /** `false`: fail with `OBJECT_EXISTS` rather than replace an object. Default: `true`. */
  readonly overwrite?: boolean | undefined;
}

/** An object that S3 has stored. */
export interface StoredObject extends ObjectRef {
  /** The region of the bucket. */
  readonly region: string;
  /** Bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Undefined in listings, and after writes by callers without a grant for `DOWNLOAD`. */
  readonly contentType?: string | undefined;
  /** When the object was stored. Undefined after writes by callers without a grant for `DOWNLOAD`. */
  readonly lastModified?: Date | undefined;
}

/** What `onObjectStored` is told. */
export interface StoredEvent extends StoredObject {
  /** Who stored the object. */
  readonly principal: Principal;
  /** The mutation, or the method of the same purpose, that stored the object. */
  readonly by: "uploadFile" | "completeUpload" | "copyObject" | "confirmUpload";
  /** The checksum of the whole object, if the store has confirmed one. */
  readonly checksum?: Checksum | undefined;
}

/** A presigned URL for a GET request. Anyone who has it can download the object until it expires. */
export interface DownloadUrl extends ObjectRef {
  /** For a GET request without further headers. */
  readonly url: string;
  /** When the URL stops working. */
  readonly expiresAt: Date;
  /** The region of the bucket. */
  readonly region: string;
}

/** How to sign URLs for downloads. */
export interface DownloadUrlOptions {
  /** How many seconds the URL works. Default: 2,400, or fewer if fewer are allowed. */
  readonly expiresIn?: number | undefined;
  /** Whether to check first that the object exists, with one request to S3. Default: `true`. */
  readonly verify?: boolean | undefined;
}

/** What is uploaded, and how. */
export interface UploadOptions {
  /** The exact size of the file in bytes. It is signed. Either this or `maxSize` is required. */
  readonly size?: number | undefined;
  /** The largest size in bytes, up to 5 GiB, for a file whose size is not known. The result is a form. */
  readonly maxSize?: number | undefined;
  /** Default: `AUTO`, a PUT request for files up to 64 MiB and a multipart upload for larger ones. */
  readonly method?: "AUTO" | "PUT" | "POST" | "MULTIPART" | undefined;
  /** Within how many seconds the upload, or each part of it, has to start. Default: 2,400, or fewer if fewer are allowed. */
  readonly expiresIn?: number | undefined;
  /** Whether to continue an interrupted multipart upload of this caller. Default: `false`. */
  readonly resume?: boolean | undefined;
}

/** Send the file as the body of a PUT request to `url`, with all `headers` exactly as given. */
export interface PutUpload extends ObjectRef {
  /** Which kind of upload this is. */
  readonly method: "PUT";
  /** A presigned URL. */
  readonly url: string;
  /** They are signed, so S3 refuses the request without them or with other values. */
  readonly headers: readonly NameAndValue[];
  /** Until when the request can start. */
  readonly expiresAt: Date;
  /** The region of the bucket. */
  readonly region: string;
  /** For `confirmUpload`, after the file was sent. */
  readonly receipt: string;
}

/** Send a form to `url` with all `fields`, and after them the file, as the field `file`. */
export interface PostUpload extends ObjectRef {
  /** Which kind of upload this is. */
  readonly method: "POST";
  /** The address that the form is sent to. */
  readonly url: string;
  /** They are signed, so S3 refuses the form without them or with other values. */
  readonly fields: readonly NameAndValue[];
  /** Until when the form can be sent. */
  readonly expiresAt: Date;
  /** The region of the bucket. */
  readonly region: string;
  /** For `confirmUpload`, after the file was sent. */
  readonly receipt: string;
}

/** A multipart upload in progress. Part n starts at byte (n - 1) × `partSize`. */
export interface MultipartUpload extends ObjectRef {
  /** Which kind of upload this is. */
  readonly method: "MULTIPART";
  /** For `completeUpload` and `abortUpload`. */
  readonly id: string;
  /** The region of the bucket. */
  readonly region: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Bytes of every part but the last. */
  readonly partSize: number;
  /** The number of parts, 1 to 10,000. */
  readonly partCount: number;
  /** Presigned PUT requests for at most 1,000 parts. */
  parts(request: PartsRequest): Promise<readonly UploadPart[]>;
  /** The parts that S3 has received. */
  uploadedParts(): Promise<readonly UploadedPart[]>;
}

/** Which parts to sign: either `numbers`, or the `first` parts after part `after` that S3 does not have yet. */
export interface PartsRequest {
  /** Part numbers, from 1: at most 1,000. */
  readonly numbers?: readonly number[] | undefined;
  /** 1 to 1,000. */
  readonly first?: number | undefined;
  /** A part number. Default: before the first part. */
  readonly after?: number | undefined;
  /** Default: the `expiresIn` of `requestUpload`. */
  readonly expiresIn?: number | undefined;
}

/** A presigned PUT request for one part. */
export interface UploadPart {
  /** From 1. */
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  /** A presigned URL. */
  readonly url: string;
  /** They are signed, so S3 refuses the request without them or with other values. */
  readonly headers: readonly NameAndValue[];
  /** Until when the request can start. */
  readonly expiresAt: Date;
}

/** A part that S3 has received. */
export interface UploadedPart {
  /** From 1. */
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
}

/** What a client knows about its multipart upload when it completes it. */
export interface UploadCompletion {
  /** All parts. They prove that this upload became the object, so the call may be repeated. Default: S3 is asked for them. */
  readonly parts?: readonly Pick<UploadedPart, "number" | "etag">[] | undefined;
  /** The checksum of the whole file in base64, if `requestUpload` was given only its algorithm. */
  readonly checksum?: string | undefined;
}

/** Which objects to list. */
export interface ListOptions {
  /** The bucket's name. */
  readonly bucket: string;
  /** Default: the whole bucket. A grant for `LIST` has to cover all of it. */
  readonly prefix?: string | undefined;
  /** The region of the bucket. Default: the default region. */
  readonly region?: string | undefined;
  /** Usually `/`. Keys that contain it after the prefix are grouped into `folders`. */
  readonly delimiter?: string | undefined;
  /** The size of the page, 1 to 1,000. Default: 100. */
  readonly first?: number | undefined;
  /** The `endCursor` of the page before. */
  readonly after?: string | undefined;
}

/** A page of a listing. */
export interface ObjectPage {
  /** In the order of their keys, as bytes of UTF-8. */
  readonly objects: StoredObject[];
  /** Prefixes that end with the delimiter. Empty without a delimiter. */
  readonly folders: string[];
  /** Undefined on an empty page. */
  readonly endCursor: string | undefined;
  /** Whether `endCursor` leads to another page. */
  readonly hasNextPage: boolean;
}
