"""Calls boto3 for the tests: reads one call a line as JSON, and writes one result a line.

A call names a method of boto3's S3 client and its parameters. Bytes are {"base64": "..."} in both directions.
"""

import base64
import datetime
import functools
import json
import sys

import boto3
import botocore.auth
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError


def decode(value):
    if isinstance(value, dict):
        if list(value) == ["base64"]:
            return base64.b64decode(value["base64"])
        return {name: decode(each) for name, each in value.items()}
    if isinstance(value, list):
        return [decode(each) for each in value]
    return value


def encode(value):
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    raise TypeError(f"{type(value)} has no form in JSON.")


def to_json(value):
    return json.dumps(value, default=lambda each: each.isoformat() if hasattr(each, "isoformat") else encode(each))


@functools.cache
def client_of(settings):
    settings = dict(settings)
    return boto3.client(
        "s3",
        region_name=settings["region"],
        endpoint_url=settings.get("endpoint"),
        aws_access_key_id=settings["accessKeyId"],
        aws_secret_access_key=settings["secretAccessKey"],
        aws_session_token=settings.get("sessionToken"),
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
        ),
    )


def client(settings):
    names = ("region", "endpoint", "accessKeyId", "secretAccessKey", "sessionToken")
    return client_of(tuple((name, settings.get(name)) for name in names))


class SignedAt(datetime.datetime):
    """Stands in for the clock that botocore signs with."""

    moment = None

    @classmethod
    def utcnow(cls):
        return cls.moment or super().utcnow()


class QueryAuth(botocore.auth.S3SigV4QueryAuth):
    """Signs X-Amz-Content-Sha256 too, as the SDK for JavaScript does. The rest is botocore's."""

    def add_auth(self, request):
        request.url += ("&" if "?" in request.url else "?") + "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD"
        super().add_auth(request)


datetime_of_python = datetime.datetime


def presign(s3, operation, parameters, expires, signed_at, credentials):
    if credentials:
        s3._request_signer._credentials = Credentials(
            credentials["accessKeyId"], credentials["secretAccessKey"], credentials["sessionToken"]
        )
    SignedAt.moment = datetime.datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ") if signed_at else None
    botocore.auth.datetime.datetime = SignedAt
    botocore.auth.AUTH_TYPE_MAPS["s3v4-query"] = QueryAuth if signed_at else botocore.auth.S3SigV4QueryAuth
    try:
        return s3.generate_presigned_url(operation, Params=parameters, ExpiresIn=expires)
    finally:
        botocore.auth.datetime.datetime = datetime_of_python


def run(call):
    s3 = client(call["client"])
    method, parameters = call["method"], decode(call["parameters"])
    if method == "presign":
        return [
            presign(
                s3,
                each["operation"],
                each["parameters"],
                each["expiresInSeconds"],
                each.get("signedAt"),
                each.get("credentials"),
            )
            for each in parameters["requests"]
        ]
    if method in ("upload_file", "download_file"):
        parts = TransferConfig(multipart_threshold=5 * 2**20, multipart_chunksize=5 * 2**20)
        getattr(s3, method)(**parameters, Config=parts)
        return None
    if method == "paginate":
        pages = s3.get_paginator(parameters["operation"]).paginate(**parameters["parameters"])
        return list(pages)
    return getattr(s3, method)(**parameters)


for line in sys.stdin:
    try:
        print(to_json({"result": run(json.loads(line))}), flush=True)
    except ClientError as error:
        response = error.response
        failure = {"code": response["Error"].get("Code"), "status": response["ResponseMetadata"]["HTTPStatusCode"]}
        print(to_json({"failure": failure}), flush=True)
    except Exception as error:
        print(to_json({"failure": {"code": f"{type(error).__name__}: {error}", "status": 0}}), flush=True)
