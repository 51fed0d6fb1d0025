import type { GraphQLSchema } from "graphql";
import { coerceArguments, type FieldName } from "../graphql/coerce-arguments.ts";
import type { RequestContext } from "../graphql/context.ts";
import type { DownloadUrlArguments, DownloadUrlsArguments } from "../graphql/download/download-arguments.ts";
import { downloadUrl, downloadUrls } from "../graphql/download/download-urls.ts";
import { withFieldPrefix } from "../graphql/field-prefix.ts";
import { copyWithinS3 } from "../graphql/object/copy-within-s3.ts";
import { deleteEach } from "../graphql/object/delete-each.ts";
import { findObject } from "../graphql/object/find-object.ts";
import { type ListRequest, listPage } from "../graphql/object/list-page.ts";
import type { ObjectInput } from "../graphql/types/object-input.ts";
import type { UploadInput } from "../graphql/types/upload-input.ts";
import { confirmUpload } from "../graphql/upload/confirm-upload.ts";
import { findUpload } from "../graphql/upload/find-upload.ts";
import type { CompleteUploadArguments } from "../graphql/upload/finish-upload.resolver.ts";
import { abortUpload, completeUpload } from "../graphql/upload/finish-upload.ts";
import { requestUpload } from "../graphql/upload/prepare-upload.ts";
import type { RequestUploadArguments } from "../graphql/upload/request-upload-arguments.ts";
import { storeStream } from "../graphql/upload/store-file.ts";
import { streamSource } from "./stream-source.ts";
import { toStoredObject } from "./to-public.ts";
import { toMultipartUpload, toUploadRequest, type UploadScope } from "./to-upload-request.ts";
import type * as api from "./types.ts";
import type { ValetKeySession } from "./valet-key.ts";

/** How long calls share what they have learned. Sessions that are kept for longer would use more and more memory. */
const contextMs = 60_000;

export interface SessionOptions {
  readonly schema: GraphQLSchema;
  /** Finds out what the caller may do, which can fail. */
  readonly createContext: () => Promise<RequestContext>;
}

/**
 * The functions behind the fields of the schema, for code. What code passes to them gets the checks and the defaults of
 * the fields' arguments.
 */
export class Session implements ValetKeySession {
  readonly #options: SessionOptions;
  #shared: { readonly untilMs: number; readonly context: Promise<RequestContext> } | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  async downloadUrl(object: api.ObjectRef, options: api.DownloadUrlOptions = {}): Promise<api.DownloadUrl> {
    const given = this.#coerce<DownloadUrlArguments>("Query.downloadUrl", { ...object, ...asked(options) });
    return downloadUrl(await this.#context(), given, { ...given, expiresIn: options.expiresIn });
  }

  async downloadUrls(
    objects: readonly api.ObjectRef[],
    options: api.DownloadUrlOptions = {},
  ): Promise<(api.DownloadUrl | Error)[]> {
    const args = { objects: toRefs(objects), ...asked(options) };
    const given = this.#coerce<DownloadUrlsArguments>("Query.downloadUrls", args);
    return downloadUrls(await this.#context(), given.objects, { ...given, expiresIn: options.expiresIn });
  }

  async requestUpload(
    input: api.UploadInput,
    options: api.UploadOptions,
  ): Promise<api.PutUpload | api.PostUpload | api.MultipartUpload> {
    const args = { ...options, input: toInput(input) };
    const given = this.#coerce<RequestUploadArguments>("Mutation.requestUpload", args);
    const request = { ...given, expiresIn: options.expiresIn };
    return toUploadRequest(this.#uploadScope, await requestUpload(await this.#context(), request));
  }

  async findUpload(id: string): Promise<api.MultipartUpload | undefined> {
    const given = this.#coerce<{ id: string }>("Query.upload", { id });
    const found = await findUpload(await this.#context(), given.id);
    return found && toMultipartUpload(this.#uploadScope, found);
  }

  async completeUpload(id: string, completion: api.UploadCompletion = {}): Promise<api.StoredObject> {
    const args = { ...completion, id };
    const { parts, checksum, ...given } = this.#coerce<CompleteUploadArguments>(
      "Mutation.completeUpload",
      args,
    );
    const known = { parts: parts ?? undefined, checksum: checksum ?? undefined };
    return toStoredObject(await completeUpload(await this.#context(), given.id, known));
  }

  async confirmUpload(receipt: string): Promise<api.StoredObject> {
    const given = this.#coerce<{ receipt: string }>("Mutation.confirmUpload", { receipt });
    return toStoredObject(await confirmUpload(await this.#context(), given.receipt));
  }

  async abortUpload(id: string): Promise<void> {
    const given = this.#coerce<{ id: string }>("Mutation.abortUpload", { id });
    await abortUpload(await this.#context(), given.id);
  }

  async uploadStream(body: AsyncIterable<Uint8Array>, input: api.UploadInput): Promise<api.StoredObject> {
    const file = streamSource(body);
    try {
      const args = { input: toInput(input) };
      const given = this.#coerce<{ input: UploadInput }>("Mutation.uploadFile", args, ["input"]);
      const context = await this.#context();
      const paths = { fieldPrefix: "input.", elsewhere: { file: "body" } };
      return toStoredObject(await withFieldPrefix(paths, () => storeStream(context, file, given.input)));
    } catch (error) {
      file.destroy();
      throw error;
    }
  }

  async head(object: api.ObjectRef): Promise<api.StoredObject | undefined> {
    const given = this.#coerce<ObjectInput>("Query.object", { ...object });
    const head = await findObject(await this.#context(), given);
    return head && toStoredObject(head);
  }

  async list(options: api.ListOptions): Promise<api.ObjectPage> {
    const given = this.#coerce<ListRequest>("Query.objects", { ...options });
    const { page, there } = await listPage(await this.#context(), given);
    return {
      objects: page.objects.map((listed) => toStoredObject({ ...there, ...listed })),
      folders: [...page.folders],
      endCursor: page.endCursor,
      hasNextPage: page.hasNextPage,
    };
  }

  async copy(from: api.ObjectRef, to: api.UploadInput): Promise<api.StoredObject> {
    const args = { from: toRef(from), to: toInput(to) };
    const given = this.#coerce<{ from: ObjectInput; to: UploadInput }>("Mutation.copyObject", args);
    return toStoredObject(await copyWithinS3(await this.#context(), given.from, given.to));
  }

  async remove(objects: readonly api.ObjectRef[]): Promise<(api.ObjectRef | Error)[]> {
    const args = { objects: toRefs(objects) };
    const given = this.#coerce<{ objects: ObjectInput[] }>("Mutation.deleteObjects", args);
    return deleteEach(await this.#context(), given.objects);
  }

  #coerce<Arguments>(fieldName: FieldName, given: object, names?: readonly string[]): Arguments {
    return coerceArguments(this.#options.schema, fieldName, { ...given }, names);
  }

  /** The context of the current request. It is replaced after a minute, for sessions that are kept for longer. */
  #context(): Promise<RequestContext> {
    if (this.#shared !== undefined && performance.now() < this.#shared.untilMs) return this.#shared.context;
    const context = this.#options.createContext();
    this.#shared = { untilMs: performance.now() + contextMs, context };
    context.catch(() => {
      if (this.#shared?.context === context) this.#shared = undefined;
    });
    return context;
  }

  get #uploadScope(): UploadScope {
    return { schema: this.#options.schema, context: () => this.#context() };
  }
}

/** Only what the type declares: an object that is passed as options may have more properties. */
function asked({ expiresIn, verify }: api.DownloadUrlOptions) {
  return { expiresIn, verify };
}

/** Objects from listings, and rows of a database, have more properties than an address. */
function toRef(object: api.ObjectRef) {
  const { bucket, key, region, versionId } = Object(object) as api.ObjectRef;
  return { bucket, key, region, versionId };
}

function toRefs(objects: readonly api.ObjectRef[]) {
  return Array.isArray(objects) ? objects.map(toRef) : objects;
}

/** An object that is to be stored has no version yet. */
function toInput(input: api.UploadInput) {
  if (typeof input !== "object" || input === null) return input;
  return Object.fromEntries(
    Object.entries(input).filter(([name, value]) => value !== undefined && name !== "versionId"),
  );
}
