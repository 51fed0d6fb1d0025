variable "name" {
  description = "The name of the bucket. Each bucket needs a distribution of its own."
  type        = string
}

variable "bucket_domain_name" {
  description = "The bucket's domain name with its region."
  type        = string
}

variable "public_keys" {
  description = "Public keys in PEM, by names of your own. Their private keys may sign URLs."
  type        = map(string)
}
