# Who may assume the role.
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = var.server_arns
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.external_id]
    }
  }

  # Each action has a statement of its own, because a request for sts:TagSession has no external id.
  dynamic "statement" {
    for_each = var.session_tags ? ["sts:TagSession"] : []
    content {
      actions = [statement.value]

      principals {
        type        = "AWS"
        identifiers = var.server_arns
      }
      condition {
        test     = "ForAllValues:StringEquals"
        variable = "aws:TagKeys"
        values   = ["valetkey:sub", "valetkey:iss"]
      }
    }
  }

  dynamic "statement" {
    for_each = var.source_identity ? ["sts:SetSourceIdentity"] : []
    content {
      actions = [statement.value]

      principals {
        type        = "AWS"
        identifiers = var.server_arns
      }
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = var.name
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = var.max_session_seconds
}

# The most that any caller can have. The session policy of each caller narrows it.
data "aws_iam_policy_document" "permissions" {
  statement {
    actions = [
      "s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectVersionTagging",
      "s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts",
      "s3:DeleteObject", "s3:DeleteObjectVersion",
    ]
    resources = formatlist("%s/*", var.bucket_arns)
  }

  statement {
    actions   = ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"]
    resources = var.bucket_arns
  }

  # Lets `valetkey doctor` read the settings of the buckets. The server does not need it.
  dynamic "statement" {
    for_each = var.allow_doctor ? ["buckets"] : []
    content {
      actions = [
        "s3:GetBucketCORS", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock", "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
      ]
      resources = var.bucket_arns
    }
  }

  # Each key only for the objects of its bucket, and only through S3.
  dynamic "statement" {
    for_each = var.kms_key_arns
    content {
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [format("s3.%s.amazonaws.com", var.region)]
      }
      condition {
        test     = "StringLike"
        variable = "kms:EncryptionContext:aws:s3:arn"
        values   = [format("arn:aws:s3:::%s", statement.key), format("arn:aws:s3:::%s/*", statement.key)]
      }
    }
  }
}

resource "aws_iam_role_policy" "permissions" {
  name   = "objects"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.permissions.json
}
