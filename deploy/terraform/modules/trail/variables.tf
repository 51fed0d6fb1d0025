variable "name" {
  description = "The name of the trail."
  type        = string
}

variable "bucket_arns" {
  description = "The buckets whose objects are watched."
  type        = list(string)
}

variable "keep_days" {
  description = "How many days the records are kept."
  type        = number
  default     = 400
}
