output "arn" {
  value = aws_s3_bucket.this.arn
}

output "kms_key_arn" {
  value = var.kms ? aws_kms_key.this[0].arn : null
}
