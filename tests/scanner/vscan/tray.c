/* The paper, what goes wrong with it, and what is remembered of it between processes. */
#include "vscan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

void nap(double seconds)
{
  if (seconds <= 0)
    return;
  struct timespec left = { (time_t)seconds, (long)((seconds - floor(seconds)) * 1e9) };
  while (nanosleep(&left, &left) && errno == EINTR)
    ;
}

FILE *tray_file(const Tray *tray, const char *name, const char *how)
{
  char path[PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/%s", tray->folder, name);
  return fopen(path, how);
}

int tray_file_exists(const Tray *tray, const char *name)
{
  char path[PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/%s", tray->folder, name);
  return access(path, F_OK) == 0;
}

int tray_file_number(const Tray *tray, const char *name, int otherwise)
{
  FILE *file = tray_file(tray, name, "r");
  int value = otherwise;
  if (file) {
    if (fscanf(file, "%d", &value) != 1)
      value = otherwise;
    fclose(file);
  }
  return value;
}

int tray_press_taken(const Tray *tray, const char *name)
{
  char path[PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/%s", tray->folder, name);
  return unlink(path) == 0;
}

/* What is remembered */

static void save(const Tray *tray)
{
  char from[PATH_MAX + 64], to[PATH_MAX + 64];
  snprintf(from, sizeof from, "%s/state.new", tray->folder);
  snprintf(to, sizeof to, "%s/state", tray->folder);
  FILE *file = fopen(from, "w");
  if (!file)
    return;
  fprintf(file, "next_sheet %d\nfed %d\ndelivered %d\ndouble_feed %d\ncover %d\njob %d\nduplex %d\nqueued %d\nback_due %d\nlast_done %.6f\n",
          tray->next_sheet, tray->fed, tray->delivered, tray->double_feed, tray->cover, tray->job, tray->duplex, tray->queued,
          tray->back_due, tray->last_done);
  fclose(file);
  rename(from, to);
}

static void restore(Tray *tray)
{
  struct { const char *name; int *value; } fields[] = {
    { "next_sheet", &tray->next_sheet }, { "fed", &tray->fed }, { "delivered", &tray->delivered },
    { "double_feed", &tray->double_feed }, { "cover", &tray->cover }, { "job", &tray->job }, { "duplex", &tray->duplex },
    { "queued", &tray->queued }, { "back_due", &tray->back_due },
  };
  FILE *file = tray_file(tray, "state", "r");
  char name[64];
  double value;
  tray->next_sheet = 1;
  while (file && fscanf(file, "%63s %lf", name, &value) == 2) {
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
      if (!strcmp(name, fields[i].name))
        *fields[i].value = (int)value;
    if (!strcmp(name, "last_done"))
      tray->last_done = value;
  }
  if (file)
    fclose(file);
}

static void read_settings(Tray *tray)
{
  struct { const char *name; int *value; } fields[] = {
    { "buffer", &tray->buffer }, { "two_sided", &tray->two_sided }, { "page_dpi", &tray->page_dpi }, { "chatty", &tray->chatty },
    { "huge", &tray->huge }, { "endless", &tray->endless },
  };
  FILE *file = tray_file(tray, "settings", "r");
  char name[64];
  double value;
  tray->ipm = tray->buffer = tray->two_sided = tray->chatty = tray->huge = tray->endless = 0;
  tray->page_dpi = 300;
  while (file && fscanf(file, "%63s %lf", name, &value) == 2) {
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
      if (!strcmp(name, fields[i].name))
        *fields[i].value = (int)value;
    if (!strcmp(name, "ipm"))
      tray->ipm = value;
  }
  if (file)
    fclose(file);
  if (tray->buffer > MOST_BUFFER)
    tray->buffer = MOST_BUFFER;
}

/* Paper */

static int is_page(const struct dirent *entry)
{
  const char *dot = strrchr(entry->d_name, '.');
  return dot && (!strcmp(dot, ".pnm") || !strcmp(dot, ".ppm") || !strcmp(dot, ".pgm") || !strcmp(dot, ".pbm"));
}

static int list_pages(const Tray *tray, int wanted, char *path, size_t size)
{
  char folder[PATH_MAX + 16];
  struct dirent **entries;
  snprintf(folder, sizeof folder, "%s/pages", tray->folder);
  int count = scandir(folder, &entries, is_page, alphasort);
  for (int i = 0; i < count; i++) {
    if (i == wanted)
      snprintf(path, size, "%s/%s", folder, entries[i]->d_name);
    free(entries[i]);
  }
  if (count >= 0)
    free(entries);
  return count > 0 ? count : 0;
}

int tray_page_path(const Tray *tray, const Side *side, char *path, size_t size)
{
  int index = tray->two_sided ? 2 * (side->sheet - 1) + side->back : side->back ? -1 : side->sheet - 1;
  return index >= 0 && index < list_pages(tray, index, path, size);
}

/* The feeder runs ahead of the reader by up to `buffer` sides, one in 60 / ipm seconds, and stops before a fault. */

static int next_place(const Tray *tray, int *sheet, int *back)
{
  *back = tray->back_due > 0;
  *sheet = *back ? tray->back_due : tray->next_sheet;
  return *back || tray->next_sheet <= tray->sheets;
}

static void feed_one(Tray *tray, int sheet, int back, int overlapped)
{
  Side side = { sheet, back, overlapped, NULL };
  if (!back) {
    int count = overlapped && sheet < tray->sheets ? 2 : 1;
    tray->next_sheet += count;
    tray->fed += count;
  }
  tray->back_due = !back && tray->duplex ? sheet : 0;
  tray->queue[tray->queued++] = side;
}

static void run_ahead(Tray *tray, int room)
{
  int sheet, back;
  while (tray->job && tray->queued < room && next_place(tray, &sheet, &back)) {
    double done = tray->last_done + (tray->ipm > 0 ? 60 / tray->ipm : 0);
    Fault *fault = fault_due(tray, sheet, back, 0);
    int passes = fault && (fault->kind == LABEL || fault->kind == DOUBLE_FEED) && tray->df_continue;
    if ((fault && !passes) || done > now())
      return;
    if (passes) {
      fault_fire(tray, fault);
      tray->double_feed = 1;
    }
    feed_one(tray, sheet, back, passes && fault->kind == DOUBLE_FEED);
    tray->last_done = done;
  }
}

static void put_back(Tray *tray)
{
  int sheet = tray_file_number(tray, "put_back", 0);
  if (sheet >= 1 && tray_press_taken(tray, "put_back")) {
    tray->next_sheet = sheet;
    tray->back_due = 0;
  }
}

void tray_refresh(Tray *tray)
{
  if (tray->job) {
    run_ahead(tray, tray->buffer);
    return;
  }
  read_settings(tray);
  tray->files = list_pages(tray, -1, NULL, 0);
  tray->sheets = tray->two_sided ? (tray->files + 1) / 2 : tray->files;
  put_back(tray);
}

SANE_Status tray_open(Tray *tray, const char *folder)
{
  char path[PATH_MAX + 64];
  memset(tray, 0, sizeof *tray);
  snprintf(tray->folder, sizeof tray->folder, "%s", folder);
  snprintf(path, sizeof path, "%s/lock", folder);
  if (tray_file_exists(tray, "offline") || tray_file_exists(tray, "stuck"))
    return SANE_STATUS_IO_ERROR;
  tray->lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (tray->lock < 0)
    return SANE_STATUS_ACCESS_DENIED;
  if (flock(tray->lock, LOCK_EX | LOCK_NB)) {
    close(tray->lock);
    return SANE_STATUS_DEVICE_BUSY;
  }
  restore(tray);
  int died = tray->job;
  tray->job = 0;
  tray_refresh(tray);
  if (died) { /* its reader died: the feeder went on until its buffer was full */
    tray->job = 1;
    faults_read(tray);
    run_ahead(tray, tray->buffer);
    tray_end(tray);
  }
  return SANE_STATUS_GOOD;
}

void tray_close(Tray *tray)
{
  tray_end(tray);
  close(tray->lock);
}

SANE_Status tray_begin(Tray *tray, int duplex)
{
  tray_refresh(tray);
  faults_read(tray);
  tray->job = 1;
  tray->duplex = duplex;
  tray->queued = tray->back_due = tray->double_feed = tray->cover = 0;
  tray->last_done = now();
  save(tray);
  return SANE_STATUS_GOOD;
}

static SANE_Status status_of(Kind kind)
{
  static const SANE_Status statuses[FAULT_KINDS] = {
    [JAM] = SANE_STATUS_JAMMED, [COVER] = SANE_STATUS_COVER_OPEN, [DOUBLE_FEED] = SANE_STATUS_JAMMED,
    [LABEL] = SANE_STATUS_JAMMED, [IO] = SANE_STATUS_IO_ERROR, [SHORT] = SANE_STATUS_EOF, [STOP] = SANE_STATUS_NO_DOCS,
    [BUSY] = SANE_STATUS_DEVICE_BUSY, [NOMEM] = SANE_STATUS_NO_MEM, [ACCESS] = SANE_STATUS_ACCESS_DENIED,
  };
  return statuses[kind];
}

/* A fault happens: remembered first, since the process may not outlive it. */
static SANE_Status happen(Tray *tray, Fault *fault, int sheet)
{
  fault_fire(tray, fault);
  tray->double_feed |= fault->kind == DOUBLE_FEED || fault->kind == LABEL;
  tray->cover |= fault->kind == COVER;
  int returns = fault_returns(fault);
  int taken = tray->next_sheet > sheet;
  if (returns && taken)
    tray->next_sheet = sheet;
  else if (fault->gone && !taken) {
    tray->next_sheet++;
    tray->fed++;
  }
  tray->job = tray->queued = tray->back_due = 0;
  save(tray);
  if (fault->kind == SEGV) {
    signal(SIGSEGV, SIG_DFL); /* a fault handler of the host would only delay it */
    raise(SIGSEGV);
  }
  if (fault->kind == EXIT)
    _exit(1);
  while (fault->kind == HANG)
    pause();
  return status_of(fault->kind);
}

SANE_Status tray_take(Tray *tray, Side *side)
{
  int sheet, back;
  if (tray_file_exists(tray, "cover"))
    return SANE_STATUS_COVER_OPEN;
  if (!tray->buffer && tray->last_done < now())
    tray->last_done = now(); /* nothing is fed before it is asked for */
  for (;;) {
    run_ahead(tray, tray->buffer ? tray->buffer : 1);
    if (tray->queued)
      break;
    if (!next_place(tray, &sheet, &back))
      return SANE_STATUS_NO_DOCS;
    Fault *fault = fault_due(tray, sheet, back, 0);
    if (fault && !(tray->df_continue && (fault->kind == LABEL || fault->kind == DOUBLE_FEED)))
      return happen(tray, fault, sheet);
    nap(tray->ipm > 0 ? tray->last_done + 60 / tray->ipm - now() : 0.01);
  }
  if (tray->buffer && tray->queued == tray->buffer && tray->last_done < now())
    tray->last_done = now(); /* the feeder stood still until this place in the buffer came free */
  *side = tray->queue[0];
  memmove(tray->queue, tray->queue + 1, --tray->queued * sizeof *tray->queue);
  side->fault = fault_due(tray, side->sheet, side->back, 1);
  tray->delivered += !side->fault;
  save(tray);
  return SANE_STATUS_GOOD;
}

SANE_Status tray_fail(Tray *tray, const Side *side)
{
  return happen(tray, side->fault, side->sheet);
}

/* A fault the page survives. */
void tray_survive(Tray *tray, Side *side)
{
  fault_fire(tray, side->fault);
  side->fault = NULL;
  tray->delivered++;
  save(tray);
}

/* The page on the glass: the file glass says which, and the next scan finds the next one unless this one failed at its start. */
SANE_Status tray_glass(Tray *tray, Side *side)
{
  int sheet = tray_file_number(tray, "glass", 1);
  Side found = { tray->sheets ? (sheet - 1) % tray->sheets + 1 : 1, 0, 0, NULL };
  tray->duplex = 0;
  faults_read(tray);
  Fault *fault = fault_due(tray, found.sheet, 0, 0);
  if (fault)
    return happen(tray, fault, found.sheet);
  found.fault = fault_due(tray, found.sheet, 0, 1);
  FILE *file = tray_file(tray, "glass", "w");
  *side = found;
  if (file) {
    fprintf(file, "%d\n", found.sheet + 1);
    fclose(file);
  }
  return SANE_STATUS_GOOD;
}

void tray_end(Tray *tray)
{
  run_ahead(tray, tray->buffer);
  tray->job = tray->queued = tray->back_due = 0;
  save(tray);
}
