#define _GNU_SOURCE
#include "shim.h"

#include <linux/close_range.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define NUA_MAGIC_T struct shim_agent
#define SU_ROOT_MAGIC_T struct shim_agent
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_tag_io.h>
#include <sofia-sip/tport_tag.h>

extern su_log_t nua_log[], soa_log[], nea_log[], nta_log[], tport_log[], su_log_global[], iptsec_log[];

struct shim_agent {
  su_root_t *root;
  nua_t *nua;
  int wake_fd;
  shim_event_fn *on_event;
  void *context;
};

static const char *user_of(const sip_addr_t *address) {
  return address ? address->a_url->url_user : NULL;
}

static const char *realm_of(const msg_auth_t *challenge) {
  return challenge ? msg_params_find(challenge->au_params, "realm=") : NULL;
}

static const char *asserted_user_of(const sip_t *sip) {
  const sip_p_asserted_identity_t *asserted = sip_p_asserted_identity(sip);
  return asserted ? asserted->paid_url->url_user : NULL;
}

static const char *unknown_header(const sip_t *sip, const char *name) {
  for (const sip_unknown_t *header = sip->sip_unknown; header; header = header->un_next)
    if (!strcasecmp(header->un_name, name)) return header->un_value;
  return NULL;
}

/* RFC 3323 and 3325: any of these asks that the number goes no further. */
static int is_private(const sip_t *sip) {
  const char *const *value = sip->sip_privacy ? sip->sip_privacy->priv_values : NULL;
  for (; value && *value; value++)
    if (!strcasecmp(*value, "id") || !strcasecmp(*value, "user") || !strcasecmp(*value, "header")) return 1;
  return 0;
}

/* sofia counts from 1900. */
static int64_t date_of(const sip_t *sip) { return sip->sip_date ? (int64_t)sip->sip_date->d_time - 2208988800 : 0; }

static void report(shim_agent *agent, enum shim_kind kind, int status, const char *phrase, nua_handle_t *handle,
                   const sip_t *sip) {
  shim_event event = {.kind = kind, .status = status, .phrase = phrase, .handle = handle};
  if (sip) {
    event.from_user = user_of(sip->sip_from);
    event.asserted_user = asserted_user_of(sip);
    event.diversion = unknown_header(sip, "Diversion");
    event.is_tls = sip->sip_via && strstr(sip->sip_via->v_protocol, "TLS");
    event.is_private = is_private(sip);
    event.date = date_of(sip);
    event.from_display = sip->sip_from ? sip->sip_from->a_display : NULL;
    event.content_type = sip->sip_content_type ? sip->sip_content_type->c_type : NULL;
    event.sdp = sip->sip_payload ? sip->sip_payload->pl_data : NULL;
    event.is_new = sip->sip_to && !sip->sip_to->a_tag;
    event.realm = realm_of(sip->sip_www_authenticate);
    if (!event.realm) event.realm = realm_of(sip->sip_proxy_authenticate);
  }
  agent->on_event(agent->context, &event);
}

static void on_nua_event(nua_event_t event, int status, char const *phrase, nua_t *nua, struct shim_agent *agent,
                         nua_handle_t *handle, nua_hmagic_t *magic, sip_t const *sip, tagi_t tags[]) {
  (void)magic;
  int state = nua_callstate_init;
  switch (event) {
  case nua_i_invite: report(agent, SHIM_INVITE, status, phrase, handle, sip); break;
  case nua_i_ack: report(agent, SHIM_ACK, status, phrase, handle, sip); break;
  case nua_i_info:
    nua_respond(handle, SIP_200_OK, NUTAG_WITH_THIS(nua), TAG_END());
    report(agent, SHIM_INFO, status, phrase, handle, sip);
    break;
  case nua_i_options: /* sofia has answered; outside of a dialog it made a handle for it */
    if (sip && sip->sip_to && !sip->sip_to->a_tag) nua_handle_destroy(handle);
    break;
  case nua_r_invite: report(agent, SHIM_INVITE_RESPONSE, status, phrase, handle, sip); break;
  case nua_r_refer: report(agent, SHIM_REFER_RESPONSE, status, phrase, handle, sip); break;
  case nua_r_options: report(agent, SHIM_OPTIONS_RESPONSE, status, phrase, handle, sip); break;
  case nua_i_notify: report(agent, SHIM_NOTIFY, status, phrase, handle, sip); break;
  case nua_r_register: report(agent, SHIM_REGISTER_RESPONSE, status, phrase, handle, sip); break;
  case nua_r_method:
    if (status >= 200) nua_handle_destroy(handle);
    break;
  case nua_r_shutdown:
    if (status >= 200) report(agent, SHIM_SHUTDOWN, status, phrase, handle, sip);
    break;
  case nua_i_state:
    tl_gets(tags, NUTAG_CALLSTATE_REF(state), TAG_END());
    if (state == nua_callstate_terminated) report(agent, SHIM_TERMINATED, status, phrase, handle, NULL);
    break;
  default: break;
  }
}

static int on_wake_fd(struct shim_agent *agent, su_wait_t *wait, su_wakeup_arg_t *argument) {
  (void)wait;
  (void)argument;
  uint64_t count;
  ssize_t got = read(agent->wake_fd, &count, sizeof count);
  (void)got; /* only the waking counts */
  return 0;
}

/* sofia's sockets would be inherited by every program that is started; those that hear must have none. */
static void keep_descriptors(void) { close_range(3, ~0U, CLOSE_RANGE_CLOEXEC); }

static void quiet(void) {
  su_log_t *logs[] = {nua_log, soa_log, nea_log, nta_log, tport_log, su_log_global, iptsec_log};
  for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) su_log_set_level(logs[i], 0);
}

static int watch(shim_agent *agent) {
  su_wait_t wait[1];
  if ((agent->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0) return -1;
  if (su_wait_create(wait, agent->wake_fd, SU_WAIT_IN) < 0) return -1;
  return su_root_register(agent->root, wait, on_wake_fd, NULL, 0);
}

shim_agent *shim_agent_create(const char *url, const char *sips_url, const char *certificates, const char *user_agent,
                              shim_event_fn *on_event, void *context) {
  if (su_init() != 0 || sip_update_default_mclass(sip_extend_mclass(NULL)) < 0) return NULL;
  quiet();
  shim_agent *agent = calloc(1, sizeof *agent);
  if (!agent) return NULL;
  agent->on_event = on_event, agent->context = context, agent->wake_fd = -1;
  if (!(agent->root = su_root_create(agent))) goto failed;
  su_root_threading(agent->root, 0);
  if (watch(agent) < 0) goto failed;
  agent->nua = nua_create(agent->root, on_nua_event, agent, NUTAG_URL(url), TAG_IF(sips_url, NUTAG_SIPS_URL(sips_url)),
                          TAG_IF(certificates, NUTAG_CERTIFICATE_DIR(certificates)),
                          TAG_IF(certificates, TPTAG_TLS_VERIFY_POLICY(TPTLS_VERIFY_SUBJECTS_OUT)), SIPTAG_USER_AGENT_STR(user_agent),
                          NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOALERT(0), NUTAG_AUTOANSWER(0), NUTAG_AUTOACK(1),
                          SIPTAG_ALLOW_STR("INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, PRACK, NOTIFY"),
                          NUTAG_APPL_METHOD("INFO"), NUTAG_ENABLEMESSAGE(0), NUTAG_OUTBOUND("no-validate no-options-keepalive no-natify"),
                          TPTAG_REUSE(1),
                          /* A refresh of ours would be an INVITE without a description: the peer's, or at least an UPDATE. */
                          NUTAG_SESSION_REFRESHER(nua_remote_refresher), NUTAG_UPDATE_REFRESH(1),
                          NTATAG_PASS_100(1), /* the first sign that a trunk takes a call on */
                          TAG_END());
  if (agent->nua) {
    keep_descriptors();
    return agent;
  }
failed:
  shim_agent_destroy(agent);
  return NULL;
}

/* A classic BPF program that lets only the networks through; it runs before UDP or TCP hands anything on. */
static int filter_socket(int fd, const uint32_t *networks, const uint32_t *masks, int count) {
  struct sock_filter code[3 * 64 + 2];
  int n = 0;
  if (count > 64) return -1;
  for (int i = 0; i < count; i++) {
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_NET_OFF + 12);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, masks[i]);
    code[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, networks[i] & masks[i], 0, 0);
    code[n].jt = (uint8_t)(3 * (count - 1 - i) + 1); /* to the last statement */
    n++;
  }
  code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
  code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0x40000);
  struct sock_fprog program = {.len = (unsigned short)n, .filter = code};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int is_bound_to(int fd, uint16_t port) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  memset(&address, 0, sizeof address);
  return getsockname(fd, (struct sockaddr *)&address, &size) == 0 && address.sin_family == AF_INET &&
         ntohs(address.sin_port) == port;
}

int shim_agent_admit_only(shim_agent *agent, uint16_t port, const uint32_t *networks, const uint32_t *masks, int count) {
  (void)agent; /* sofia does not show its sockets, so they are found among the process's by their port */
  int found = 0;
  long most = sysconf(_SC_OPEN_MAX);
  if (most > 4096) most = 4096;
  for (int fd = 0; fd < most; fd++) {
    if (!is_bound_to(fd, port)) continue;
    if (filter_socket(fd, networks, masks, count) < 0) return -1;
    found++;
  }
  return found;
}

void shim_agent_step(shim_agent *agent, long milliseconds) {
  su_root_step(agent->root, milliseconds);
  keep_descriptors();
}

int shim_agent_wake_fd(shim_agent *agent) { return agent->wake_fd; }
void shim_agent_shutdown(shim_agent *agent) { nua_shutdown(agent->nua); }

void shim_agent_destroy(shim_agent *agent) {
  if (!agent) return;
  if (agent->nua) nua_destroy(agent->nua);
  if (agent->root) su_root_destroy(agent->root);
  if (agent->wake_fd >= 0) close(agent->wake_fd);
  free(agent);
  su_deinit();
}

shim_handle *shim_handle_ref(shim_handle *handle) { return nua_handle_ref(handle); }
void shim_handle_unref(shim_handle *handle) { nua_handle_unref(handle); }
void shim_handle_destroy(shim_handle *handle) { nua_handle_destroy(handle); }

void shim_register(shim_agent *agent, shim_handle **handle, const char *aor, const char *registrar, const char *proxy,
                   const char *contact, unsigned expires_s) {
  char expires[16];
  snprintf(expires, sizeof expires, "%u", expires_s);
  if (!*handle) *handle = nua_handle(agent->nua, NULL, SIPTAG_TO_STR(aor), SIPTAG_FROM_STR(aor), TAG_END());
  nua_register(*handle, NUTAG_REGISTRAR(registrar), TAG_IF(proxy, NUTAG_PROXY(proxy)), SIPTAG_EXPIRES_STR(expires), NUTAG_M_USERNAME(contact), TAG_END());
}

void shim_authenticate(shim_handle *handle, const char *credentials) {
  nua_authenticate(handle, NUTAG_AUTH(credentials), TAG_END());
}

shim_handle *shim_invite(shim_agent *agent, const char *from, const char *to, const char *proxy, const char *contact,
                         const char *sdp) {
  nua_handle_t *handle = nua_handle(agent->nua, NULL, SIPTAG_FROM_STR(from), SIPTAG_TO_STR(to), TAG_END());
  if (handle)
    nua_invite(handle, TAG_IF(proxy, NUTAG_PROXY(proxy)), TAG_IF(contact, SIPTAG_CONTACT_STR(contact)), SIPTAG_CONTENT_TYPE_STR("application/sdp"),
               SIPTAG_PAYLOAD_STR(sdp), TAG_END());
  return handle;
}

shim_handle *shim_options(shim_agent *agent, const char *from, const char *to) {
  nua_handle_t *handle = nua_handle(agent->nua, NULL, SIPTAG_FROM_STR(from), SIPTAG_TO_STR(to), TAG_END());
  if (handle) nua_options(handle, NUTAG_PROXY(to), TAG_END());
  return handle;
}

void shim_notify_messages(shim_agent *agent, const char *from, const char *to, const char *proxy, const char *summary) {
  nua_handle_t *handle = nua_handle(agent->nua, NULL, SIPTAG_FROM_STR(from), SIPTAG_TO_STR(to), TAG_END());
  if (handle)
    nua_method(handle, NUTAG_METHOD("NOTIFY"), NUTAG_PROXY(proxy), SIPTAG_EVENT_STR("message-summary"),
               SIPTAG_SUBSCRIPTION_STATE_STR("active"),
               SIPTAG_CONTENT_TYPE_STR("application/simple-message-summary"), SIPTAG_PAYLOAD_STR(summary), TAG_END());
}

void shim_respond(shim_handle *handle, int status, const char *phrase, const char *contact, const char *sdp) {
  nua_respond(handle, status, phrase, TAG_IF(contact, SIPTAG_CONTACT_STR(contact)), TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
              TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)), TAG_END());
}

void shim_bye(shim_handle *handle) { nua_bye(handle, TAG_END()); }
void shim_cancel(shim_handle *handle) { nua_cancel(handle, TAG_END()); }

void shim_refer(shim_handle *handle, const char *target) {
  nua_refer(handle, SIPTAG_REFER_TO_STR(target), TAG_END());
}
