variable "name" {
  description = "The name of the role."
  type        = string
  default     = "valetkey"
}

variable "server_arns" {
  description = "The identities of the servers that may assume the role."
  type        = list(string)
}

variable "external_id" {
  description = "VALETKEY_EXTERNAL_ID, or externalId of the bucket in the access file."
  type        = string
  sensitive   = true

  validation {
    condition     = length(var.external_id) >= 2 && length(var.external_id) <= 1224 && can(regex("^[\\w+=,.@:/-]*$", var.external_id))
    error_message = "An external id has 2 to 1,224 letters, digits and _+=,.@:/- characters."
  }
}

variable "bucket_arns" {
  description = "The buckets whose objects the role may use."
  type        = list(string)
}

variable "kms_key_arns" {
  description = "The KMS keys of the buckets, by the names of the buckets."
  type        = map(string)
  default     = {}
}

variable "region" {
  description = "The region of the KMS keys."
  type        = string
}

variable "max_session_seconds" {
  description = "The longest session of the role: at least VALETKEY_SESSION_SECONDS."
  type        = number
  default     = 3600

  validation {
    condition     = var.max_session_seconds >= 3600 && var.max_session_seconds <= 43200
    error_message = "AWS takes 3,600 to 43,200 seconds."
  }
}

variable "session_tags" {
  description = "Whether the server runs with VALETKEY_SESSION_TAGS=on."
  type        = bool
  default     = false
}

variable "source_identity" {
  description = "Whether the server runs with VALETKEY_SOURCE_IDENTITY=on."
  type        = bool
  default     = false
}

variable "allow_doctor" {
  description = "Whether valetkey doctor may read the settings of the buckets."
  type        = bool
  default     = true
}
