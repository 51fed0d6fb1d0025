export interface ClusterPorts {
  readonly monitor: number;
  readonly gateway: number;
}

const fsid = "6b1f0c52-7d0e-4a7c-9a39-3f2c8e5d4b10";
export const clusterId = fsid;
export const osdId = "c7a1b6de-31f5-4b3e-8a55-0d9e6f7a2c44";

/** The ids of the KMS keys that the gateway has. Its back end for tests takes any text as an id. */
export const kmsKeys = { key: "contract-key", otherKey: "contract-other-key" };
const encryptionKeys = Object.values(kmsKeys)
  .map((id, index) => `${id}=${Buffer.alloc(32, index + 1).toString("base64")}`)
  .join(" ");

/**
 * A ceph.conf for one monitor, one OSD that keeps everything in memory and one gateway, on loopback only.
 * https://docs.ceph.com/en/pacific/rados/configuration/ and https://docs.ceph.com/en/pacific/radosgw/
 */
export function cephConfiguration(directory: string, ports: ClusterPorts): string {
  return `[global]
fsid = ${fsid}
mon_host = v2:127.0.0.1:${ports.monitor}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr1 = false
log_file = ${directory}/$name.log
log_to_stderr = false
admin_socket =
run_dir = ${directory}
crash_dir = ${directory}

# The daemons trust each other. Without keys there is no encrypted connection to the monitor, which
# the gateway would insist on: it has to be told.
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_mon_client_mode = crc

# One copy, one placement group a pool.
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_crush_initial_weight = 1

[mon.a]
mon_data = ${directory}/monitor
# By default a change waits a second for company, and the gateway's pools are a dozen changes.
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
# A nearly full disk is not this cluster's business.
mon_data_avail_warn = 0
mon_data_avail_crit = 0

[osd.0]
osd_data = ${directory}/osd
osd_objectstore = memstore
# Taken as objects are written. A full store makes writes hang.
memstore_device_bytes = ${8 * 1024 ** 3}

[client.gateway]
rgw_data = ${directory}/gateway
rgw_frontends = beast endpoint=127.0.0.1:${ports.gateway}
rgw_thread_pool_size = 64
rgw_s3_auth_use_sts = true
# An AES-128 key: session tokens are sealed with it.
rgw_sts_key = contract-tests16
# Sessions that die within a test, not after AWS's least 900 s.
rgw_sts_min_session_duration = 1
# Keys of its own for SSE-KMS, and no TLS on loopback.
rgw_crypt_require_ssl = false
rgw_crypt_s3_kms_backend = testing
rgw_crypt_s3_kms_encryption_keys = ${encryptionKeys}
# Deleted objects free their memory soon.
rgw_gc_obj_min_wait = 60
rgw_gc_processor_period = 30
`;
}
