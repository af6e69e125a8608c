/* vscan: a test-only SANE backend. A tray folder is the paper; files in it are the operator's hands. See README.md. */
#ifndef VSCAN_H
#define VSCAN_H

#include <limits.h>
#include <stdio.h>
#include <sane/sane.h>

enum { MOST_FAULTS = 256, MOST_BUFFER = 64 };

typedef enum {
  NO_FAULT, JAM, COVER, DOUBLE_FEED, LABEL, IO, SHORT, SEGV, HANG, STOP, BUSY, NOMEM, ACCESS, SLOW, EXIT, FAULT_KINDS
} Kind;

typedef struct {
  int side;      /* 1... in the stack; duplex counts both faces of each sheet */
  Kind kind;
  int at_read;   /* in mid-page, else before it */
  int times;     /* how often still */
  int gone;      /* the sheet does not come back into the tray */
} Fault;

typedef struct {
  int sheet;
  int back;
  int overlapped; /* two sheets passed as one */
  Fault *fault;   /* met while reading, or NULL */
} Side;

typedef struct {
  char folder[PATH_MAX];
  int lock;
  /* settings, read when a job begins */
  double ipm;
  int buffer, two_sided, page_dpi, chatty, huge, endless, df_continue;
  /* paper */
  int files, sheets;
  /* state, kept in the folder */
  int next_sheet, fed, delivered, double_feed, cover;
  /* the running job */
  int job, duplex, queued, back_due;
  double last_done;
  Side queue[MOST_BUFFER + 1];
  Fault faults[MOST_FAULTS];
  int fault_count;
} Tray;

/* All paths below return a SANE status; the tray's files are read and written inside. */
SANE_Status tray_open(Tray *tray, const char *folder);
void tray_close(Tray *tray);
void tray_refresh(Tray *tray);
SANE_Status tray_begin(Tray *tray, int duplex);
SANE_Status tray_take(Tray *tray, Side *side);
SANE_Status tray_fail(Tray *tray, const Side *side);
void tray_survive(Tray *tray, Side *side);
SANE_Status tray_glass(Tray *tray, Side *side);
void tray_end(Tray *tray);
int tray_page_path(const Tray *tray, const Side *side, char *path, size_t size);
FILE *tray_file(const Tray *tray, const char *name, const char *how);
int tray_file_exists(const Tray *tray, const char *name);
int tray_file_number(const Tray *tray, const char *name, int otherwise);
int tray_press_taken(const Tray *tray, const char *name);
void nap(double seconds);

void faults_read(Tray *tray);
Fault *fault_due(Tray *tray, int sheet, int back, int at_read);
void fault_fire(Tray *tray, Fault *fault);
int fault_returns(const Fault *fault);

typedef struct {
  int width, height, channels; /* channels 1 or 3, 8 bits each */
  unsigned char *data;
} Picture;

typedef struct {
  int channels, lineart, dpi, page_dpi, brightness, contrast, threshold;
  double left, top, width, height; /* mm; height <= 0: as long as the page */
} Wish;

int picture_load(const char *path, Picture *picture);
void picture_white(Picture *picture, int width, int height);
int picture_scan(const Picture *page, const Wish *wish, Picture *scan);
int wish_pixels(double mm, int dpi);

/* Options, in the order of their numbers */
typedef enum {
  COUNT, GROUP_MODE, SOURCE, MODE, RESOLUTION, GROUP_AREA, PAGE_WIDTH, PAGE_HEIGHT, LEFT, TOP, RIGHT, BOTTOM, GROUP_PICTURE,
  BRIGHTNESS, CONTRAST, THRESHOLD, GROUP_FEEDER, PAGE_AUTO, DF_ACTION, DF_THICKNESS, DF_LENGTH, BUFFERMODE, ENDORSER,
  ENDORSER_STRING, EJECT, GROUP_SENSORS, SCAN_BUTTON, EMAIL_BUTTON, PAGE_LOADED, COVER_OPEN, DOUBLE_FEED_SENSOR, FUNCTION,
  OPTIONS
} Option;

typedef struct {
  Tray tray;
  SANE_Option_Descriptor table[OPTIONS];
  SANE_Word number[OPTIONS];
  char text[OPTIONS][81];
  int job, reading, cancelled, unknown_length;
  double drip;
  Side side;
  Picture scan;
  size_t at, end;
} Handle;

void options_init(Handle *h);
int in_feeder(const Handle *h);

#endif
