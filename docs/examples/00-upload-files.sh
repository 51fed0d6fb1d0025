# Upload several files of one form with curl
curl -s http://127.0.0.1:4000/graphql -H 'apollo-require-preflight: 1' \
  -F operations='{
    "query": "mutation ($files: [Upload!]!, $inputs: [UploadInput!]!) { uploadFiles(files: $files, inputs: $inputs) { key size } }",
    "variables": {
      "files": [null, null],
      "inputs": [{ "bucket": "demo", "key": "notes/a.txt" }, { "bucket": "demo", "key": "notes/b.txt" }]
    }
  }' \
  -F map='{ "0": ["variables.files.0"], "1": ["variables.files.1"] }' \
  -F '0=first note;filename=a.txt;type=text/plain' \
  -F '1=second note;filename=b.txt;type=text/plain'
