/* What Portaveu needs of sofia-sip's NUA, without its variadic calls and its tag lists.
 *
 * One agent runs on one thread: every call happens on the thread that made the agent.
 * It must not know anything of calls beyond their handles: the rules are in the Rust adapter.
 */
#ifndef PORTAVEU_SHIM_H
#define PORTAVEU_SHIM_H

#include <stdint.h>

typedef struct shim_agent shim_agent;
typedef struct nua_handle_s shim_handle;

enum shim_kind {
  SHIM_INVITE = 1,       /* an INVITE or re-INVITE came */
  SHIM_ACK,              /* the answer was acknowledged; sdp holds an answer to our offer, if any */
  SHIM_TERMINATED,       /* the call is over */
  SHIM_INVITE_RESPONSE,  /* an answer to our INVITE, provisional or final */
  SHIM_REGISTER_RESPONSE,/* the registrar answered, or did not */
  SHIM_INFO,             /* an INFO came and was answered; sdp holds its body, content_type its type */
  SHIM_REFER_RESPONSE,   /* whether the peer takes our REFER */
  SHIM_OPTIONS_RESPONSE, /* our OPTIONS was answered, or was not */
  SHIM_NOTIFY,           /* what came of a REFER; sdp holds its body, "SIP/2.0 200 OK" */
  SHIM_SHUTDOWN          /* the agent has let go of everything */
};

/* Strings live until the callback returns; absent ones are NULL. */
typedef struct shim_event {
  enum shim_kind kind;
  int status;
  const char *phrase;
  shim_handle *handle;
  const char *from_user;
  const char *diversion; /* the header's value (RFC 5806), which sofia does not know */
  const char *asserted_user; /* P-Asserted-Identity: who the network says it is */
  const char *from_display;
  const char *sdp;
  const char *content_type;
  const char *realm;     /* of the challenge, in quotes, when status is 401 or 407 */
  int64_t date;          /* SHIM_OPTIONS_RESPONSE: its Date, in seconds since 1970; 0 when it has none */
  int is_private;        /* SHIM_INVITE: the caller's number is withheld */
  int is_tls;            /* it came by TLS */
  int is_new;            /* SHIM_INVITE: the first of its dialog */
} shim_event;

typedef void shim_event_fn(void *context, const shim_event *event);

/* url: where to listen, "sip:192.0.2.1:5060". sips_url and certificates (a folder with agent.pem and cafile.pem): where to
 * listen for TLS, or NULL. NULL when it cannot listen there. */
shim_agent *shim_agent_create(const char *url, const char *sips_url, const char *certificates, const char *user_agent,
                              shim_event_fn *on_event, void *context);
/* Drop packets and connections of all but these networks, before SIP sees them. */
int shim_agent_admit_only(shim_agent *agent, uint16_t port, const uint32_t *networks,
                          const uint32_t *masks, int count);
/* Run the agent's events for at most `milliseconds`. */
void shim_agent_step(shim_agent *agent, long milliseconds);
/* An eventfd: a write to it from any thread ends the step under way. It is the agent's; duplicate it. */
int shim_agent_wake_fd(shim_agent *agent);
void shim_agent_shutdown(shim_agent *agent);
void shim_agent_destroy(shim_agent *agent);

shim_handle *shim_handle_ref(shim_handle *handle);
void shim_handle_unref(shim_handle *handle);
/* Forget the handle; an unfinished transaction is closed. */
void shim_handle_destroy(shim_handle *handle);

void shim_register(shim_agent *agent, shim_handle **handle, const char *aor, const char *registrar,
                   const char *proxy, const char *contact, unsigned expires_s);
/* credentials: "Digest:\"realm\":user:password" */
void shim_authenticate(shim_handle *handle, const char *credentials);

/* contact: where the peer finds us later, "<sip:192.0.2.1:5061;transport=tls>", or NULL for the agent's own choice. */
shim_handle *shim_invite(shim_agent *agent, const char *from, const char *to, const char *proxy, const char *contact,
                         const char *sdp);
/* Ask whether a peer is there; the handle is the asker's to destroy. */
shim_handle *shim_options(shim_agent *agent, const char *from, const char *to);
/* A NOTIFY of message-summary outside of any dialog; what is answered does not matter. */
void shim_notify_messages(shim_agent *agent, const char *from, const char *to, const char *proxy, const char *summary);
void shim_respond(shim_handle *handle, int status, const char *phrase, const char *contact, const char *sdp);
void shim_bye(shim_handle *handle);
void shim_cancel(shim_handle *handle);
/* Ask the peer to call `target` instead of us (RFC 3515). */
void shim_refer(shim_handle *handle, const char *target);

#endif
