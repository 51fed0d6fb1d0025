# Upload a file through the server with curl
curl -s http://127.0.0.1:4000/graphql -H 'apollo-require-preflight: 1' \
  -F operations='{
    "query": "mutation ($file: Upload!, $input: UploadInput!) { uploadFile(file: $file, input: $input) { key size contentType } }",
    "variables": {
      "file": null,
      "input": { "bucket": "demo", "key": "photos/cat.png", "metadata": [{ "name": "taken-by", "value": "Zoë" }] }
    }
  }' \
  -F map='{ "0": ["variables.file"] }' \
  -F '0=a cat;filename=cat.png;type=image/png'
