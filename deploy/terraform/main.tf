module "bucket" {
  source   = "./modules/bucket"
  for_each = var.buckets

  name              = each.key
  origins           = var.origins
  kms               = each.value.kms
  versioning        = each.value.versioning
  scratch_prefix    = each.value.scratch_prefix
  distribution_arns = each.value.cdn ? [module.cdn[each.key].arn] : []
}

module "role" {
  source = "./modules/role"

  name        = "valetkey"
  server_arns = [var.server_arn]
  external_id = var.external_id
  bucket_arns = values(module.bucket)[*].arn
  kms_key_arns = {
    for name, settings in var.buckets : name => module.bucket[name].kms_key_arn if settings.kms
  }
  region = var.region
}

module "cdn" {
  source   = "./modules/cdn"
  for_each = { for name, settings in var.buckets : name => settings if settings.cdn }

  name               = each.key
  bucket_domain_name = format("%s.s3.%s.amazonaws.com", each.key, var.region)
  public_keys        = { current = var.cdn_public_key }
}

module "trail" {
  source = "./modules/trail"
  count  = var.audit ? 1 : 0

  name        = "valetkey"
  bucket_arns = values(module.bucket)[*].arn
}
