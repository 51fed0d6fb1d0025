variable "name" {
  description = "The name of the bucket."
  type        = string
}

variable "origins" {
  description = "The pages that send files to the bucket and fetch files from it, with scheme and port."
  type        = list(string)
}

variable "kms" {
  description = "Whether the objects are encrypted with a KMS key of the bucket's own (SSE-KMS), instead of S3's keys (SSE-S3)."
  type        = bool
  default     = false
}

variable "demand_kms_key" {
  description = "Whether uploads that do not ask for the key are refused."
  type        = bool
  default     = false
}

variable "versioning" {
  description = "Whether the bucket keeps versions."
  type        = bool
  default     = false
}

variable "incomplete_upload_days" {
  description = "After how many days the parts of an upload that was never completed are removed."
  type        = number
  default     = 7
}

variable "scratch_prefix" {
  description = "Objects whose keys begin with it are removed after scratch_days."
  type        = string
  default     = null
}

variable "scratch_days" {
  description = "After how many days scratch objects are removed."
  type        = number
  default     = 7
}

variable "distribution_arns" {
  description = "The CloudFront distributions that may read the objects."
  type        = list(string)
  default     = []
}
