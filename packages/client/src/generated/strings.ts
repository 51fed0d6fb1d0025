import type { RequestCredentialsMutation, RequestCredentialsMutationVariables, DownloadUrlQuery, DownloadUrlQueryVariables, DownloadUrlsQuery, DownloadUrlsQueryVariables, ObjectQuery, ObjectQueryVariables, ObjectWithTagsQuery, ObjectWithTagsQueryVariables, ObjectsQuery, ObjectsQueryVariables, FolderQuery, FolderQueryVariables, CopyObjectMutation, CopyObjectMutationVariables, DeleteObjectsMutation, DeleteObjectsMutationVariables, ObjectVersionsQuery, ObjectVersionsQueryVariables, RequestUploadMutation, RequestUploadMutationVariables, RequestUploadsMutation, RequestUploadsMutationVariables, MultipartUploadQuery, MultipartUploadQueryVariables, UploadPartsQuery, UploadPartsQueryVariables, PendingUploadsQuery, PendingUploadsQueryVariables, ConfirmUploadMutation, ConfirmUploadMutationVariables, CompleteUploadMutation, CompleteUploadMutationVariables, AbortUploadMutation, AbortUploadMutationVariables, UploadFileMutation, UploadFileMutationVariables, UploadFilesMutation, UploadFilesMutationVariables, ViewerQuery, ViewerQueryVariables } from "./graphql.ts";
/**
 * The text of an operation, with the types of its data and variables. Each field has its type behind its name: `?` if it may be
 * null, `*` for a list, and of its value `#` for a number, `%` for a boolean, `@` for a date and `^` for a URL. Any other value is
 * a string, or an object if it has fields. `&` are arguments with the names of all variables.
 */
export type Operation<Data, Variables> = string & { readonly __types?: (variables: Variables) => Data };

/** The data of a mutation that has not failed. */
export type Done<Data> = { [Name in keyof Data]: NonNullable<Data[Name]> };

export const requestCredentialsOperation =
  "mutation RequestCredentials($bucket:String!$prefix:String$region:String$actions:[Action!]!$durationSeconds:Int){requestCredentials(&){accessKeyId secretAccessKey sessionToken expiresAt@ bucket prefix region endpoint? forcePathStyle%}}" as Operation<Done<RequestCredentialsMutation>, RequestCredentialsMutationVariables>;

export const downloadUrlOperation =
  "query DownloadUrl($bucket:String!$key:String!$region:String$versionId:String$expiresIn:Int$verify:Boolean$disposition:Disposition$filename:String$contentType:String$stableFor:Int){downloadUrl(&){...DownloadUrlFields}}fragment DownloadUrlFields on DownloadUrl{url^ expiresAt@}" as Operation<DownloadUrlQuery, DownloadUrlQueryVariables>;

export const downloadUrlsOperation =
  "query DownloadUrls($objects:[ObjectInput!]!$expiresIn:Int$verify:Boolean$stableFor:Int){downloadUrls*?(&){...DownloadUrlFields}}fragment DownloadUrlFields on DownloadUrl{url^ expiresAt@}" as Operation<DownloadUrlsQuery, DownloadUrlsQueryVariables>;

export const objectOperation =
  "query Object($bucket:String!$key:String!$region:String$versionId:String){object?(&){...ObjectDetails}}fragment ObjectFields on S3Object{bucket key region size# etag lastModified?@ versionId?}fragment ObjectDetails on S3Object{...ObjectFields storageClass? contentType? contentDisposition? cacheControl? metadata*{name value}checksum?{algorithm value}}" as Operation<ObjectQuery, ObjectQueryVariables>;

export const objectWithTagsOperation =
  "query ObjectWithTags($bucket:String!$key:String!$region:String$versionId:String){object?(&){...ObjectDetails tags*{name value}}}fragment ObjectFields on S3Object{bucket key region size# etag lastModified?@ versionId?}fragment ObjectDetails on S3Object{...ObjectFields storageClass? contentType? contentDisposition? cacheControl? metadata*{name value}checksum?{algorithm value}}" as Operation<ObjectWithTagsQuery, ObjectWithTagsQueryVariables>;

export const objectsOperation =
  "query Objects($bucket:String!$prefix:String$region:String$first:Int$after:String){objects(&){nodes*{...ObjectFields}pageInfo{hasNextPage% endCursor?}}}fragment ObjectFields on S3Object{bucket key region size# etag lastModified?@ versionId?}" as Operation<ObjectsQuery, ObjectsQueryVariables>;

export const folderOperation =
  "query Folder($bucket:String!$prefix:String$region:String$first:Int$after:String){objects(& delimiter:\"/\"){folders* nodes*{...ObjectFields}pageInfo{hasNextPage% endCursor?}}}fragment ObjectFields on S3Object{bucket key region size# etag lastModified?@ versionId?}" as Operation<FolderQuery, FolderQueryVariables>;

export const copyObjectOperation =
  "mutation CopyObject($from:ObjectInput!$to:UploadInput!){copyObject(&){...ObjectFields contentType?}}fragment ObjectFields on S3Object{bucket key region size# etag lastModified?@ versionId?}" as Operation<Done<CopyObjectMutation>, CopyObjectMutationVariables>;

export const deleteObjectsOperation =
  "mutation DeleteObjects($objects:[ObjectInput!]!){deleteObjects*?(&){bucket key versionId?}}" as Operation<Done<DeleteObjectsMutation>, DeleteObjectsMutationVariables>;

export const objectVersionsOperation =
  "query ObjectVersions($bucket:String!$prefix:String$key:String$region:String$first:Int$after:String){objectVersions(&){nodes*{bucket key region versionId isLatest% isDeleteMarker% size?# etag? lastModified?@ storageClass?}pageInfo{hasNextPage% endCursor?}}}" as Operation<ObjectVersionsQuery, ObjectVersionsQueryVariables>;

export const requestUploadOperation =
  "mutation RequestUpload($input:UploadInput!$size:SafeInt$maxSize:SafeInt$expiresIn:Int$method:UploadMethod$resume:Boolean){requestUpload(&){__typename ...PutUploadFields ...PostUploadFields ...MultipartUploadFields ...on MultipartUpload{uploadedParts*{...UploadedPartFields}}}}fragment PutUploadFields on PutUpload{url^ headers*{name value}receipt expiresAt@ bucket key region}fragment PostUploadFields on PostUpload{url^ fields*{name value}receipt expiresAt@ bucket key region}fragment MultipartUploadFields on MultipartUpload{id bucket key region size# partSize# partCount#}fragment UploadedPartFields on UploadedPart{number# size# etag}" as Operation<Done<RequestUploadMutation>, RequestUploadMutationVariables>;

export const requestUploadsOperation =
  "mutation RequestUploads($uploads:[RequestUploadInput!]!$expiresIn:Int){requestUploads*?(&){__typename ...PutUploadFields ...PostUploadFields ...MultipartUploadFields}}fragment PutUploadFields on PutUpload{url^ headers*{name value}receipt expiresAt@ bucket key region}fragment PostUploadFields on PostUpload{url^ fields*{name value}receipt expiresAt@ bucket key region}fragment MultipartUploadFields on MultipartUpload{id bucket key region size# partSize# partCount#}" as Operation<Done<RequestUploadsMutation>, RequestUploadsMutationVariables>;

export const multipartUploadOperation =
  "query MultipartUpload($id:ID!){upload?(&){...MultipartUploadFields startedAt?@ uploadedParts*{...UploadedPartFields}}}fragment MultipartUploadFields on MultipartUpload{id bucket key region size# partSize# partCount#}fragment UploadedPartFields on UploadedPart{number# size# etag}" as Operation<MultipartUploadQuery, MultipartUploadQueryVariables>;

export const uploadPartsOperation =
  "query UploadParts($id:ID!$numbers:[Int!]$first:Int$after:Int$expiresIn:Int$checksums:[PartChecksumInput!]){upload?(id:$id){id parts*(numbers:$numbers first:$first after:$after expiresIn:$expiresIn checksums:$checksums){...UploadPartFields}}}fragment UploadPartFields on UploadPart{number# size# url^ headers*{name value}expiresAt@}" as Operation<UploadPartsQuery, UploadPartsQueryVariables>;

export const pendingUploadsOperation =
  "query PendingUploads($bucket:String!$prefix:String$region:String$first:Int$after:String){uploads(&){nodes*{id bucket key region startedAt@}pageInfo{hasNextPage% endCursor?}}}" as Operation<PendingUploadsQuery, PendingUploadsQueryVariables>;

export const confirmUploadOperation =
  "mutation ConfirmUpload($receipt:ID!){confirmUpload(&){...ObjectFields}}fragment ObjectFields on S3Object{bucket key region size# etag lastModified?@ versionId?}" as Operation<Done<ConfirmUploadMutation>, ConfirmUploadMutationVariables>;

export const completeUploadOperation =
  "mutation CompleteUpload($id:ID!$parts:[CompletedPartInput!]$checksum:String){completeUpload(&){...ObjectFields}}fragment ObjectFields on S3Object{bucket key region size# etag lastModified?@ versionId?}" as Operation<Done<CompleteUploadMutation>, CompleteUploadMutationVariables>;

export const abortUploadOperation =
  "mutation AbortUpload($id:ID!){abortUpload(&)}" as Operation<Done<AbortUploadMutation>, AbortUploadMutationVariables>;

export const uploadFileOperation =
  "mutation UploadFile($file:Upload!$input:UploadInput!){uploadFile(&){...ObjectFields}}fragment ObjectFields on S3Object{bucket key region size# etag lastModified?@ versionId?}" as Operation<Done<UploadFileMutation>, UploadFileMutationVariables>;

export const uploadFilesOperation =
  "mutation UploadFiles($files:[Upload!]!$inputs:[UploadInput!]!){uploadFiles*?(&){...ObjectFields}}fragment ObjectFields on S3Object{bucket key region size# etag lastModified?@ versionId?}" as Operation<Done<UploadFilesMutation>, UploadFilesMutationVariables>;

export const viewerOperation =
  "query Viewer{viewer{subject? authenticated% grants*{bucket prefix actions* maxUploadBytes?# contentTypes?*}}}" as Operation<ViewerQuery, ViewerQueryVariables>;