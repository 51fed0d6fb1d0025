output "arn" {
  value = aws_cloudfront_distribution.this.arn
}

output "url" {
  value = "https://${aws_cloudfront_distribution.this.domain_name}"
}

output "key_pair_ids" {
  description = "keyPairId of each public key."
  value       = { for name, key in aws_cloudfront_public_key.this : name => key.id }
}
