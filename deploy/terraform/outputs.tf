output "role_arn" {
  description = "VALETKEY_ROLE_ARN of the server."
  value       = module.role.arn
}

output "kms_keys" {
  description = "kmsKey of each bucket in the access file."
  value       = { for name, bucket in module.bucket : name => bucket.kms_key_arn if bucket.kms_key_arn != null }
}

output "cdn" {
  description = "url and keyPairId of each bucket in the access file."
  value       = { for name, cdn in module.cdn : name => { url = cdn.url, keyPairId = cdn.key_pair_ids["current"] } }
}
