import type { RequestCredentialsMutation, RequestCredentialsMutationVariables, DownloadUrlQuery, DownloadUrlQueryVariables, DownloadUrlsQuery, DownloadUrlsQueryVariables, ObjectQuery, ObjectQueryVariables, ObjectWithTagsQuery, ObjectWithTagsQueryVariables, ObjectsQuery, ObjectsQueryVariables, FolderQuery, FolderQueryVariables, CopyObjectMutation, CopyObjectMutationVariables, DeleteObjectsMutation, DeleteObjectsMutationVariables, ObjectVersionsQuery, ObjectVersionsQueryVariables, RequestUploadMutation, RequestUploadMutationVariables, RequestUploadsMutation, RequestUploadsMutationVariables, MultipartUploadQuery, MultipartUploadQueryVariables, UploadPartsQuery, UploadPartsQueryVariables, PendingUploadsQuery, PendingUploadsQueryVariables, ConfirmUploadMutation, ConfirmUploadMutationVariables, CompleteUploadMutation, CompleteUploadMutationVariables, AbortUploadMutation, AbortUploadMutationVariables, UploadFileMutation, UploadFileMutationVariables, UploadFilesMutation, UploadFilesMutationVariables, ViewerQuery, ViewerQueryVariables } from "./graphql.ts";
/** The text of an operation, with the types of its result and variables. */

export type OperationString<Result, Variables> = string & {

  readonly __types?: (variables: Variables) => Result;

};

export const requestCredentialsOperation =
  "mutation RequestCredentials($bucket:String!$prefix:String$region:String$actions:[Action!]!$durationSeconds:Int){requestCredentials(bucket:$bucket prefix:$prefix region:$region actions:$actions durationSeconds:$durationSeconds){accessKeyId secretAccessKey sessionToken expiresAt bucket prefix region endpoint forcePathStyle}}" as OperationString<RequestCredentialsMutation, RequestCredentialsMutationVariables>;

export const downloadUrlOperation =
  "query DownloadUrl($bucket:String!$key:String!$region:String$versionId:String$expiresIn:Int$verify:Boolean$disposition:Disposition$filename:String$contentType:String$stableFor:Int){downloadUrl(bucket:$bucket key:$key region:$region versionId:$versionId expiresIn:$expiresIn verify:$verify disposition:$disposition filename:$filename contentType:$contentType stableFor:$stableFor){...DownloadUrlFields}}fragment DownloadUrlFields on DownloadUrl{url expiresAt}" as OperationString<DownloadUrlQuery, DownloadUrlQueryVariables>;

export const downloadUrlsOperation =
  "query DownloadUrls($objects:[ObjectInput!]!$expiresIn:Int$verify:Boolean$stableFor:Int){downloadUrls(objects:$objects expiresIn:$expiresIn verify:$verify stableFor:$stableFor){...DownloadUrlFields}}fragment DownloadUrlFields on DownloadUrl{url expiresAt}" as OperationString<DownloadUrlsQuery, DownloadUrlsQueryVariables>;

export const objectOperation =
  "query Object($bucket:String!$key:String!$region:String$versionId:String){object(bucket:$bucket key:$key region:$region versionId:$versionId){...ObjectDetails}}fragment ObjectFields on S3Object{bucket key region size etag lastModified versionId}fragment ObjectDetails on S3Object{...ObjectFields storageClass contentType contentDisposition cacheControl metadata{name value}checksum{algorithm value}}" as OperationString<ObjectQuery, ObjectQueryVariables>;

export const objectWithTagsOperation =
  "query ObjectWithTags($bucket:String!$key:String!$region:String$versionId:String){object(bucket:$bucket key:$key region:$region versionId:$versionId){...ObjectDetails tags{name value}}}fragment ObjectFields on S3Object{bucket key region size etag lastModified versionId}fragment ObjectDetails on S3Object{...ObjectFields storageClass contentType contentDisposition cacheControl metadata{name value}checksum{algorithm value}}" as OperationString<ObjectWithTagsQuery, ObjectWithTagsQueryVariables>;

export const objectsOperation =
  "query Objects($bucket:String!$prefix:String$region:String$first:Int$after:String){objects(bucket:$bucket prefix:$prefix region:$region first:$first after:$after){nodes{...ObjectFields}pageInfo{hasNextPage endCursor}}}fragment ObjectFields on S3Object{bucket key region size etag lastModified versionId}" as OperationString<ObjectsQuery, ObjectsQueryVariables>;

export const folderOperation =
  "query Folder($bucket:String!$prefix:String$region:String$first:Int$after:String){objects(bucket:$bucket prefix:$prefix delimiter:\"/\" region:$region first:$first after:$after){folders nodes{...ObjectFields}pageInfo{hasNextPage endCursor}}}fragment ObjectFields on S3Object{bucket key region size etag lastModified versionId}" as OperationString<FolderQuery, FolderQueryVariables>;

export const copyObjectOperation =
  "mutation CopyObject($from:ObjectInput!$to:UploadInput!){copyObject(from:$from to:$to){...ObjectFields contentType}}fragment ObjectFields on S3Object{bucket key region size etag lastModified versionId}" as OperationString<CopyObjectMutation, CopyObjectMutationVariables>;

export const deleteObjectsOperation =
  "mutation DeleteObjects($objects:[ObjectInput!]!){deleteObjects(objects:$objects){bucket key versionId}}" as OperationString<DeleteObjectsMutation, DeleteObjectsMutationVariables>;

export const objectVersionsOperation =
  "query ObjectVersions($bucket:String!$prefix:String$key:String$region:String$first:Int$after:String){objectVersions(bucket:$bucket prefix:$prefix key:$key region:$region first:$first after:$after){nodes{bucket key region versionId isLatest isDeleteMarker size etag lastModified storageClass}pageInfo{hasNextPage endCursor}}}" as OperationString<ObjectVersionsQuery, ObjectVersionsQueryVariables>;

export const requestUploadOperation =
  "mutation RequestUpload($input:UploadInput!$size:SafeInt$maxSize:SafeInt$expiresIn:Int$method:UploadMethod$resume:Boolean){requestUpload(input:$input size:$size maxSize:$maxSize expiresIn:$expiresIn method:$method resume:$resume){__typename ...PutUploadFields ...PostUploadFields ...MultipartUploadFields ...on MultipartUpload{uploadedParts{...UploadedPartFields}}}}fragment PutUploadFields on PutUpload{url headers{name value}receipt expiresAt bucket key region}fragment PostUploadFields on PostUpload{url fields{name value}receipt expiresAt bucket key region}fragment MultipartUploadFields on MultipartUpload{id bucket key region size partSize partCount}fragment UploadedPartFields on UploadedPart{number size etag}" as OperationString<RequestUploadMutation, RequestUploadMutationVariables>;

export const requestUploadsOperation =
  "mutation RequestUploads($uploads:[RequestUploadInput!]!$expiresIn:Int){requestUploads(uploads:$uploads expiresIn:$expiresIn){__typename ...PutUploadFields ...PostUploadFields ...MultipartUploadFields}}fragment PutUploadFields on PutUpload{url headers{name value}receipt expiresAt bucket key region}fragment PostUploadFields on PostUpload{url fields{name value}receipt expiresAt bucket key region}fragment MultipartUploadFields on MultipartUpload{id bucket key region size partSize partCount}" as OperationString<RequestUploadsMutation, RequestUploadsMutationVariables>;

export const multipartUploadOperation =
  "query MultipartUpload($id:ID!){upload(id:$id){...MultipartUploadFields startedAt uploadedParts{...UploadedPartFields}}}fragment MultipartUploadFields on MultipartUpload{id bucket key region size partSize partCount}fragment UploadedPartFields on UploadedPart{number size etag}" as OperationString<MultipartUploadQuery, MultipartUploadQueryVariables>;

export const uploadPartsOperation =
  "query UploadParts($id:ID!$numbers:[Int!]$first:Int$after:Int$expiresIn:Int$checksums:[PartChecksumInput!]){upload(id:$id){id parts(numbers:$numbers first:$first after:$after expiresIn:$expiresIn checksums:$checksums){...UploadPartFields}}}fragment UploadPartFields on UploadPart{number size url headers{name value}expiresAt}" as OperationString<UploadPartsQuery, UploadPartsQueryVariables>;

export const pendingUploadsOperation =
  "query PendingUploads($bucket:String!$prefix:String$region:String$first:Int$after:String){uploads(bucket:$bucket prefix:$prefix region:$region first:$first after:$after){nodes{id bucket key region startedAt}pageInfo{hasNextPage endCursor}}}" as OperationString<PendingUploadsQuery, PendingUploadsQueryVariables>;

export const confirmUploadOperation =
  "mutation ConfirmUpload($receipt:ID!){confirmUpload(receipt:$receipt){...ObjectFields}}fragment ObjectFields on S3Object{bucket key region size etag lastModified versionId}" as OperationString<ConfirmUploadMutation, ConfirmUploadMutationVariables>;

export const completeUploadOperation =
  "mutation CompleteUpload($id:ID!$parts:[CompletedPartInput!]$checksum:String){completeUpload(id:$id parts:$parts checksum:$checksum){...ObjectFields}}fragment ObjectFields on S3Object{bucket key region size etag lastModified versionId}" as OperationString<CompleteUploadMutation, CompleteUploadMutationVariables>;

export const abortUploadOperation =
  "mutation AbortUpload($id:ID!){abortUpload(id:$id)}" as OperationString<AbortUploadMutation, AbortUploadMutationVariables>;

export const uploadFileOperation =
  "mutation UploadFile($file:Upload!$input:UploadInput!){uploadFile(file:$file input:$input){...ObjectFields}}fragment ObjectFields on S3Object{bucket key region size etag lastModified versionId}" as OperationString<UploadFileMutation, UploadFileMutationVariables>;

export const uploadFilesOperation =
  "mutation UploadFiles($files:[Upload!]!$inputs:[UploadInput!]!){uploadFiles(files:$files inputs:$inputs){...ObjectFields}}fragment ObjectFields on S3Object{bucket key region size etag lastModified versionId}" as OperationString<UploadFilesMutation, UploadFilesMutationVariables>;

export const viewerOperation =
  "query Viewer{viewer{subject authenticated grants{bucket prefix actions maxUploadBytes contentTypes}}}" as OperationString<ViewerQuery, ViewerQueryVariables>;