variable "region" {
  description = "The region of the buckets."
  type        = string
}

variable "server_arn" {
  description = "The server's own identity, which assumes the role: the ARN of a task role, an instance profile's role or the like."
  type        = string
}

variable "external_id" {
  description = "VALETKEY_EXTERNAL_ID of the server."
  type        = string
  sensitive   = true
}

variable "origins" {
  description = "The pages that send files to the buckets and fetch files from them, with scheme and port."
  type        = list(string)
}

variable "buckets" {
  description = "The buckets by their names. With kms, a bucket has a KMS key of its own. With cdn, CloudFront delivers its downloads."
  type = map(object({
    kms            = optional(bool, false)
    cdn            = optional(bool, false)
    versioning     = optional(bool, false)
    scratch_prefix = optional(string)
  }))
}

variable "cdn_public_key" {
  description = "The public key, in PEM, whose private key the server signs CloudFront's URLs with. Needed only with cdn."
  type        = string
  default     = null
}

variable "audit" {
  description = "Whether CloudTrail records each request for an object. CloudTrail charges for these events."
  type        = bool
  default     = true
}
