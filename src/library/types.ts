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

export type Action = "DOWNLOAD" | "UPLOAD" | "LIST" | "DELETE";

/** What a caller may do below one prefix. */
export interface Grant {
  readonly bucket: string;
  /** Literal text. Default: the whole bucket. */
  readonly prefix?: string | undefined;
  readonly allow: readonly Action[];
  readonly maxUploadBytes?: number | undefined;
  /** Media types without parameters, `image/*`, or any type. Default: any. */
  readonly contentTypes?: readonly string[] | undefined;
  /** The longest lifetime of a URL, in seconds. */
  readonly maxExpiresSeconds?: number | undefined;
}

/** An object that may exist. */
export interface ObjectRef {
  readonly bucket: string;
  /** The key, exactly as it is stored: 1 to 1,024 bytes of UTF-8. */
  readonly key: string;
  /** Default: the default region. */
  readonly region?: string | undefined;
  /** Default: the latest version. */
  readonly versionId?: string | undefined;
}

export interface NameAndValue {
  readonly name: string;
  readonly value: string;
}

export interface Checksum {
  readonly algorithm: "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256";
  /** The checksum's bytes in base64. */
  readonly value: string;
}

/** Where to store a file, and what to store with it. */
export interface UploadInput extends Omit<ObjectRef, "versionId"> {
  readonly contentType?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly cacheControl?: string | undefined;
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
  readonly region: string;
  /** Bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Undefined in listings, and after writes by callers without a grant for `DOWNLOAD`. */
  readonly contentType?: string | undefined;
  readonly lastModified?: Date | undefined;
}

/** What `onObjectStored` is told. */
export interface StoredEvent extends StoredObject {
  /** Who stored the object. */
  readonly principal: Principal;
  readonly by: "uploadFile" | "completeUpload" | "copyObject" | "confirmUpload";
  /** The checksum of the whole object, if the store has confirmed one. */
  readonly checksum?: Checksum | undefined;
}

/** A presigned URL for a GET request. Anyone who has it can download the object until it expires. */
export interface DownloadUrl extends ObjectRef {
  readonly url: string;
  readonly expiresAt: Date;
  readonly region: string;
}

export interface DownloadUrlOptions {
  /** How many seconds the URL works. Default: 2,400, or fewer if fewer are allowed. */
  readonly expiresIn?: number | undefined;
  /** Whether to check first that the object exists, with one request to S3. Default: `true`. */
  readonly verify?: boolean | undefined;
}

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
  readonly method: "PUT";
  readonly url: string;
  readonly headers: readonly NameAndValue[];
  readonly expiresAt: Date;
  readonly region: string;
}

/** Send a form to `url` with all `fields`, and after them the file, as the field `file`. */
export interface PostUpload extends ObjectRef {
  readonly method: "POST";
  readonly url: string;
  readonly fields: readonly NameAndValue[];
  readonly expiresAt: Date;
  readonly region: string;
}

/** A multipart upload in progress. Part n starts at byte (n - 1) × `partSize`. */
export interface MultipartUpload extends ObjectRef {
  readonly method: "MULTIPART";
  /** For `completeUpload` and `abortUpload`. */
  readonly id: string;
  readonly region: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Bytes of every part but the last. */
  readonly partSize: number;
  readonly partCount: number;
  /** Presigned PUT requests for at most 1,000 parts. */
  parts(request: PartsRequest): Promise<readonly UploadPart[]>;
  /** The parts that S3 has received. */
  uploadedParts(): Promise<readonly UploadedPart[]>;
}

/** Which parts to sign: either `numbers`, or the `first` parts after part `after` that S3 does not have yet. */
export interface PartsRequest {
  readonly numbers?: readonly number[] | undefined;
  readonly first?: number | undefined;
  readonly after?: number | undefined;
  /** Default: the `expiresIn` of `requestUpload`. */
  readonly expiresIn?: number | undefined;
}

export interface UploadPart {
  readonly number: number;
  readonly size: number;
  readonly url: string;
  readonly headers: readonly NameAndValue[];
  readonly expiresAt: Date;
}

export interface UploadedPart {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
}

/** What a client knows about its multipart upload when it completes it. */
export interface UploadCompletion {
  /** All parts. They prove that this upload became the object, so the call may be repeated. Default: S3 is asked for them. */
  readonly parts?: readonly Pick<UploadedPart, "number" | "etag">[] | undefined;
  /** The checksum of the whole file in base64, if `requestUpload` was given only its algorithm. */
  readonly checksum?: string | undefined;
}

export interface ListOptions {
  readonly bucket: string;
  /** Default: the whole bucket. A grant for `LIST` has to cover all of it. */
  readonly prefix?: string | undefined;
  readonly region?: string | undefined;
  /** Usually `/`. Keys that contain it after the prefix are grouped into `folders`. */
  readonly delimiter?: string | undefined;
  /** The size of the page, 1 to 1,000. Default: 100. */
  readonly first?: number | undefined;
  /** The `endCursor` of the page before. */
  readonly after?: string | undefined;
}

export interface ObjectPage {
  readonly objects: StoredObject[];
  readonly folders: string[];
  /** Undefined on an empty page. */
  readonly endCursor: string | undefined;
  readonly hasNextPage: boolean;
}
