data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.this.arn, format("%s/*", aws_s3_bucket.this.arn)]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # Refuses uploads that do not ask for the key, also those of other clients.
  dynamic "statement" {
    for_each = var.kms && var.demand_kms_key ? ["DemandKey"] : []
    content {
      sid       = statement.value
      effect    = "Deny"
      actions   = ["s3:PutObject"]
      resources = [format("%s/*", aws_s3_bucket.this.arn)]

      principals {
        type        = "*"
        identifiers = ["*"]
      }
      condition {
        test     = "StringNotEquals"
        variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
        values   = [aws_kms_key.this[0].arn]
      }
    }
  }

  dynamic "statement" {
    for_each = var.distribution_arns
    content {
      actions   = ["s3:GetObject", "s3:GetObjectVersion"]
      resources = [format("%s/*", aws_s3_bucket.this.arn)]

      principals {
        type        = "Service"
        identifiers = ["cloudfront.amazonaws.com"]
      }
      condition {
        test     = "StringEquals"
        variable = "AWS:SourceArn"
        values   = [statement.value]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.bucket.json

  # S3 refuses a policy while Block Public Access is about to change.
  depends_on = [aws_s3_bucket_public_access_block.this]
}
