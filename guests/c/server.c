// The guest that serves HTTP/1.1 on the sockets it was given, to many clients at once, with one
// thread and poll(2).
//
//   server [REQUESTS]
//
// Serves until it has answered REQUESTS requests (for ever if left out) or one for /quit, then says
// on standard output how many requests it answered and how many clients there were.
//
//   GET /anything      tells the method and the path
//   GET /bytes/COUNT   so many bytes of the alphabet, over and over
//   POST /echo         the body, as it comes: a client that sends and does not read is not read
//   from any more GET /quit          the last request
//
// A connection stays open for further requests unless its client says otherwise. What a client did
// not take is kept until there is room; a client that sends nothing, half a request, or hangs up,
// costs the others nothing.

#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CLIENTS = 64, LISTENERS = 8, IN = 16384, OUT = 65536, HEAD = 512, FIRST = 3 };

enum state {
  FREE,
  READING,    // a request's head is awaited
  ANSWERING,  // its body comes in or the answer goes out
  LEAVING,  // all is said: what the client still sends is passed over until it hangs up, so that it
            // reads the answer
};

struct client {
  enum state state;
  int fd;
  long heard;       // when it last sent or took something, in turns
  bool last;        // this answer ends the connection
  bool echoes;      // the body goes back
  size_t body;      // bytes of the request's body that have not come yet
  size_t alphabet;  // bytes of the answer that are still to be made
  size_t made;      // and that were
  size_t in_length;
  size_t out_start, out_end;
  char in[IN];
  char out[OUT];
};
static struct client clients[CLIENTS];
static long served, accepted, most, turns;
static bool quitting;

static size_t room(const struct client *client) { return OUT - client->out_end; }
static size_t waiting(const struct client *client) { return client->out_end - client->out_start; }

static void put(struct client *client, const char *bytes, size_t length) {
  memcpy(client->out + client->out_end, bytes, length);
  client->out_end += length;
}

static void drop_input(struct client *client, size_t length) {
  client->in_length -= length;
  memmove(client->in, client->in + length, client->in_length);
}

static void forget(struct client *client) {
  close(client->fd);
  client->state = FREE;
  client->alphabet = 0;
}

static void answer(struct client *client, const char *status, size_t length, const char *text,
                   bool headed) {
  char head[HEAD];
  int size = snprintf(head, sizeof head,
                      "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n%s\r\n",
                      status, length, client->last ? "Connection: close\r\n" : "");
  put(client, head, (size_t)size);
  if (text != NULL && !headed) put(client, text, length);
  client->state = ANSWERING;
}

// Nothing that comes behind a mistake can be understood.
static void refuse(struct client *client, const char *status) {
  client->last = true;
  client->in_length = 0;
  client->body = 0;
  answer(client, status, 0, NULL, false);
}

// The value of a header field, or NULL. The head is a string, whose lines end with CRLF.
static const char *field(const char *head, const char *name) {
  size_t length = strlen(name);
  for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
    if (strncasecmp(line + 2, name, length) != 0 || line[2 + length] != ':') continue;
    const char *value = line + 3 + length;
    while (*value == ' ' || *value == '\t') value++;
    return value;
  }
  return NULL;
}

// A number that is all of a word, -1 for what is none.
static long number(const char *text) {
  if (!isdigit((unsigned char)*text)) return -1;
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  return errno != 0 || (*end != '\0' && *end != '\r' && *end != ' ') ? -1 : value;
}

// Begin the answer to the request whose head is this.
static void begin(struct client *client, char *head) {
  char method[16], path[256];
  int minor = 0;
  if (sscanf(head, "%15s %255s HTTP/1.%d", method, path, &minor) != 3) {
    refuse(client, "400 Bad Request");
    return;
  }
  const char *length = field(head, "Content-Length");
  const char *connection = field(head, "Connection");
  long body = length == NULL ? 0 : number(length);
  if (field(head, "Transfer-Encoding") != NULL || body < 0) {
    refuse(client, body < 0 ? "400 Bad Request" : "411 Length Required");
    return;
  }
  bool closes = connection != NULL && strncasecmp(connection, "close", 5) == 0;
  bool keeps = connection != NULL && strncasecmp(connection, "keep-alive", 10) == 0;
  bool headed = strcmp(method, "HEAD") == 0;
  bool gets = headed || strcmp(method, "GET") == 0;
  if (gets && strcmp(path, "/quit") == 0) quitting = true;
  client->last = closes || (minor == 0 && !keeps) || quitting;
  client->body = (size_t)body;
  client->echoes = false;
  client->alphabet = 0;
  client->made = 0;
  if (strcmp(method, "POST") == 0 && strcmp(path, "/echo") == 0) {
    client->echoes = true;
    answer(client, "200 OK", client->body, NULL, false);
    return;
  }
  if (!gets) {
    answer(client, "405 Method Not Allowed", 0, NULL, false);
    return;
  }
  if (strncmp(path, "/bytes/", 7) == 0) {
    long count = number(path + 7);
    if (count >= 0 && !headed) client->alphabet = (size_t)count;
    answer(client, count < 0 ? "400 Bad Request" : "200 OK", count < 0 ? 0 : (size_t)count, NULL,
           headed);
    return;
  }
  char text[300];
  int size = snprintf(text, sizeof text, "%s %s\n", method, path);
  answer(client, "200 OK", (size_t)size, text, headed);
}

// Returns true if the client sent or took anything.
static bool advance(struct client *client) {
  if (client->state == READING) {
    if (waiting(client) > 0 || client->in_length == 0) return false;
    client->out_start = client->out_end = 0;
    char *end = memmem(client->in, client->in_length, "\r\n\r\n", 4);
    if (end == NULL) {
      if (client->in_length == IN) refuse(client, "431 Request Header Fields Too Large");
      return client->in_length == 0;
    }
    end[2] = '\0';
    size_t length = (size_t)(end + 4 - client->in);
    begin(client, client->in);
    if (client->in_length > 0) drop_input(client, length);
    return true;
  }
  if (client->state != ANSWERING) return false;
  if (waiting(client) == 0) client->out_start = client->out_end = 0;
  if (client->body > 0 && client->in_length > 0) {
    size_t length = client->in_length < client->body ? client->in_length : client->body;
    if (client->echoes && length > room(client)) length = room(client);
    if (length == 0) return false;
    if (client->echoes) put(client, client->in, length);
    drop_input(client, length);
    client->body -= length;
    return true;
  }
  if (client->alphabet > 0 && room(client) > 0) {
    size_t length = client->alphabet < room(client) ? client->alphabet : room(client);
    for (size_t i = 0; i < length; i++)
      client->out[client->out_end++] = (char)('a' + client->made++ % 26);
    client->alphabet -= length;
    return true;
  }
  if (client->body > 0 || client->alphabet > 0 || waiting(client) > 0) return false;
  served++;
  if (most > 0 && served >= most) quitting = true;
  client->state = client->last ? LEAVING : READING;
  if (client->last && shutdown(client->fd, SHUT_WR) != 0) forget(client);
  return true;
}

// Takes what the client sent. False when it is gone.
static bool take(struct client *client) {
  if (client->state == LEAVING) client->in_length = 0;
  ssize_t size = recv(client->fd, client->in + client->in_length, IN - client->in_length, 0);
  if (size > 0) client->in_length += (size_t)size;
  return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

// Sends what it has room for. False when it is gone.
static bool give(struct client *client) {
  ssize_t size = send(client->fd, client->out + client->out_start, waiting(client), 0);
  if (size > 0) client->out_start += (size_t)size;
  return size >= 0 || errno == EAGAIN || errno == EINTR;
}

static void serve(struct client *client, short ready) {
  bool there = (ready & (POLLERR | POLLNVAL)) == 0;
  if (there && (ready & POLLIN) && client->in_length < IN) there = take(client);
  if (there && (ready & POLLOUT) && waiting(client) > 0) there = give(client);
  if (!there) {
    forget(client);
    return;
  }
  client->heard = ++turns;
  while (client->state != FREE && advance(client)) continue;
}

// Room for another client: a free place, or that of one that has its last answer, or of one that
// requests nothing. Of several, the one that was silent for the longest time.
static struct client *place(void) {
  static const enum state order[] = {FREE, LEAVING, READING};
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    struct client *found = NULL;
    for (struct client *client = clients; client < clients + CLIENTS; client++)
      if (client->state == order[i] && (found == NULL || client->heard < found->heard))
        found = client;
    if (found != NULL) return found;
  }
  return NULL;
}

static void welcome(int listener) {
  struct client *client = place();
  if (client == NULL) return;
  struct sockaddr address;
  socklen_t size = sizeof address;
  int fd = accept4(listener, &address, &size, SOCK_NONBLOCK);
  if (fd < 0) return;  // the client has closed the connection already
  if (client->state != FREE) forget(client);
  accepted++;
  client->state = READING;
  client->fd = fd;
  client->heard = ++turns;
  client->in_length = client->out_start = client->out_end = 0;
}

// The sockets among the descriptors it was given; what stands before them are directories.
static int find_listeners(int *listeners) {
  int count = 0;
  struct stat status;
  for (int fd = FIRST; count < LISTENERS && fstat(fd, &status) == 0; fd++) {
    if (!S_ISSOCK(status.st_mode)) continue;
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return -1;
    listeners[count++] = fd;
  }
  return count;
}

int main(int argc, char **argv) {
  int listeners[LISTENERS];
  int listening = find_listeners(listeners);
  if (listening <= 0) {
    fprintf(stderr, "server: there is no socket to listen at\n");
    return 2;
  }
  most = argc > 1 ? atol(argv[1]) : 0;

  for (;;) {
    struct pollfd polled[CLIENTS + LISTENERS];
    struct client *polling[CLIENTS];
    int watched = 0;
    bool answering = false;
    for (struct client *client = clients; client < clients + CLIENTS; client++) {
      if (client->state == FREE) continue;
      answering = answering || waiting(client) > 0 || client->alphabet > 0;
      short events = (client->in_length < IN || client->state == LEAVING ? POLLIN : 0) |
                     (waiting(client) > 0 ? POLLOUT : 0);
      polling[watched] = client;
      polled[watched++] = (struct pollfd){client->fd, events, 0};
    }
    // At the end, each client that sent a request gets its answer, if it takes it.
    if (quitting && !answering) break;
    int count = watched;
    // Those for whom there is no place wait in the kernel's queue.
    for (int i = 0; i < listening && !quitting && place() != NULL; i++)
      polled[count++] = (struct pollfd){listeners[i], POLLIN, 0};
    int ready = poll(polled, (nfds_t)count, quitting ? 1000 : -1);
    if (ready < 0) {
      perror("server: poll");
      return 1;
    }
    if (ready == 0) break;
    for (int i = 0; i < watched; i++)
      if (polled[i].revents != 0) serve(polling[i], polled[i].revents);
    for (int i = watched; i < count; i++)
      if (polled[i].revents != 0) welcome(polled[i].fd);
  }
  printf("requests %ld, clients %ld\n", served, accepted);
  return 0;
}
