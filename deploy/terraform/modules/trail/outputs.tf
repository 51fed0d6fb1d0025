output "arn" {
  value = aws_cloudtrail.this.arn
}
