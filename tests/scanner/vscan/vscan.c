/* The SANE face of vscan: options, sane_start per side, reading. The behaviour follows fujitsu's documented one: one sane_start per
   side in duplex, a double feed is JAMMED, the stop button is NO_DOCS, options change one another. */
#include "vscan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DEVICES = 8 };

static struct { char name[64], folder[PATH_MAX]; } devices[MOST_DEVICES];
static int device_count;

/* Devices */

SANE_Status sane_vscan_init(SANE_Int *version, SANE_Auth_Callback authorize)
{
  const char *folder = getenv("SANE_CONFIG_DIR");
  char path[PATH_MAX + 16];
  (void)authorize;
  if (version)
    *version = SANE_VERSION_CODE(SANE_CURRENT_MAJOR, 0, 1);
  snprintf(path, sizeof path, "%s/vscan.conf", folder ? folder : ".");
  FILE *file = fopen(path, "r");
  device_count = 0;
  while (file && device_count < MOST_DEVICES
         && fscanf(file, "%63s %4095[^\n]", devices[device_count].name, devices[device_count].folder) == 2)
    device_count++;
  if (file)
    fclose(file);
  return SANE_STATUS_GOOD;
}

void sane_vscan_exit(void)
{
}

SANE_Status sane_vscan_get_devices(const SANE_Device ***list, SANE_Bool local)
{
  static SANE_Device found[MOST_DEVICES];
  static const SANE_Device *pointers[MOST_DEVICES + 1];
  int count = 0;
  (void)local;
  for (int i = 0; i < device_count; i++) {
    Tray tray = { 0 };
    snprintf(tray.folder, sizeof tray.folder, "%s", devices[i].folder);
    if (tray_file_exists(&tray, "offline"))
      continue;
    found[count] = (SANE_Device){ devices[i].name, "Virtual", "vscan V-70", "scanner" };
    pointers[count] = &found[count];
    count++;
  }
  pointers[count] = NULL;
  *list = pointers;
  return SANE_STATUS_GOOD;
}

SANE_Status sane_vscan_open(SANE_String_Const name, SANE_Handle *handle)
{
  int found = -1;
  for (int i = 0; i < device_count; i++)
    if (!*name || !strcmp(name, devices[i].name))
      found = found < 0 ? i : found;
  if (found < 0)
    return SANE_STATUS_INVAL;
  Handle *h = calloc(1, sizeof *h);
  SANE_Status status = tray_open(&h->tray, devices[found].folder);
  if (status != SANE_STATUS_GOOD) {
    free(h);
    return status;
  }
  options_init(h);
  *handle = h;
  return SANE_STATUS_GOOD;
}

/* Scanning */

static Wish wish_of(const Handle *h)
{
  Wish wish = { 1, !strcmp(h->text[MODE], "Lineart"), h->number[RESOLUTION], h->tray.page_dpi, h->number[BRIGHTNESS],
                h->number[CONTRAST], h->number[THRESHOLD], SANE_UNFIX(h->number[LEFT]), SANE_UNFIX(h->number[TOP]), 0, 0 };
  wish.channels = strcmp(h->text[MODE], "Color") ? 1 : 3;
  wish.width = SANE_UNFIX(h->number[RIGHT]) - wish.left;
  if (!(h->number[PAGE_AUTO] && in_feeder(h)))
    wish.height = SANE_UNFIX(h->number[BOTTOM]) - wish.top;
  return wish;
}

SANE_Status sane_vscan_get_parameters(SANE_Handle handle, SANE_Parameters *parameters)
{
  Handle *h = handle;
  Wish wish = wish_of(h);
  int width = wish_pixels(wish.width, wish.dpi);
  parameters->format = wish.channels == 3 ? SANE_FRAME_RGB : SANE_FRAME_GRAY;
  parameters->last_frame = SANE_TRUE;
  parameters->depth = wish.lineart ? 1 : 8;
  parameters->pixels_per_line = width;
  parameters->bytes_per_line = wish.lineart ? (width + 7) / 8 : width * wish.channels;
  parameters->lines = wish.height > 0 ? wish_pixels(wish.height, wish.dpi) : -1;
  if (h->tray.huge) /* a driver that lies: 2^30 lines */
    parameters->lines = 1 << 30;
  return SANE_STATUS_GOOD;
}

/* Two overlapping sheets look half as long again. */
static void lengthen(Picture *page)
{
  size_t size = (size_t)page->width * page->height * page->channels, more = size / 2;
  page->data = realloc(page->data, size + more);
  memcpy(page->data + size, page->data, more);
  page->height += page->height / 2;
}

static SANE_Status develop(Handle *h)
{
  char path[PATH_MAX + 300];
  Picture page;
  Side front = { h->side.sheet, 0, 0, NULL };
  Wish wish = wish_of(h);
  if (tray_page_path(&h->tray, &h->side, path, sizeof path)) {
    if (!picture_load(path, &page))
      return SANE_STATUS_IO_ERROR;
  } else {
    if (!tray_page_path(&h->tray, &front, path, sizeof path) || !picture_load(path, &page))
      return SANE_STATUS_IO_ERROR;
    free(page.data);
    picture_white(&page, page.width, page.height);
  }
  if (h->side.overlapped)
    lengthen(&page);
  int good = picture_scan(&page, &wish, &h->scan);
  free(page.data);
  SANE_Parameters parameters;
  sane_vscan_get_parameters(h, &parameters);
  h->at = 0;
  h->end = good ? (size_t)parameters.bytes_per_line * h->scan.height : 0;
  return good ? SANE_STATUS_GOOD : SANE_STATUS_NO_MEM;
}

static void drop_scan(Handle *h)
{
  if (h->reading)
    free(h->scan.data);
  h->reading = 0;
}

static SANE_Status next_side(Handle *h)
{
  h->tray.df_continue = !strcmp(h->text[DF_ACTION], "Continue");
  if (!h->job && in_feeder(h))
    tray_begin(&h->tray, !strcmp(h->text[SOURCE], "ADF Duplex"));
  h->job = 1;
  if (h->tray.chatty) {
    printf("vscan: side coming\n");
    fflush(stdout);
  }
  if (in_feeder(h))
    return tray_take(&h->tray, &h->side);
  tray_refresh(&h->tray);
  return tray_glass(&h->tray, &h->side);
}

SANE_Status sane_vscan_start(SANE_Handle handle)
{
  Handle *h = handle;
  drop_scan(h);
  if (h->number[RIGHT] <= h->number[LEFT] || h->number[BOTTOM] <= h->number[TOP])
    return SANE_STATUS_INVAL;
  h->cancelled = 0;
  h->drip = 0;
  SANE_Status status = next_side(h);
  if (status == SANE_STATUS_GOOD)
    status = develop(h);
  if (status != SANE_STATUS_GOOD) {
    tray_end(&h->tray);
    h->job = 0;
    return status;
  }
  h->reading = 1;
  if (h->side.fault && h->side.fault->kind == SLOW) {
    tray_survive(&h->tray, &h->side);
    h->drip = 2.0 * 32768 / (double)h->end; /* about two seconds a page in python-sane's portions */
  }
  return SANE_STATUS_GOOD;
}

static SANE_Status end_of_page(Handle *h)
{
  drop_scan(h);
  return SANE_STATUS_EOF;
}

static SANE_Status fail(Handle *h)
{
  if (h->side.fault->kind == SHORT) {
    tray_survive(&h->tray, &h->side);
    return end_of_page(h);
  }
  Side side = h->side;
  drop_scan(h);
  h->job = 0;
  return tray_fail(&h->tray, &side);
}

SANE_Status sane_vscan_read(SANE_Handle handle, SANE_Byte *data, SANE_Int most, SANE_Int *length)
{
  Handle *h = handle;
  *length = 0;
  if (h->cancelled)
    return SANE_STATUS_CANCELLED;
  if (!h->reading)
    return SANE_STATUS_INVAL;
  size_t limit = h->side.fault ? h->end / 2 : h->end;
  if (h->at >= limit && h->tray.endless) /* a page that never ends */
    h->at = 0;
  if (h->at >= limit)
    return h->side.fault ? fail(h) : end_of_page(h);
  nap(h->drip);
  *length = (size_t)most < limit - h->at ? most : (SANE_Int)(limit - h->at);
  memcpy(data, h->scan.data + h->at, *length);
  h->at += *length;
  return SANE_STATUS_GOOD;
}

void sane_vscan_cancel(SANE_Handle handle)
{
  Handle *h = handle;
  h->cancelled = h->job;
  drop_scan(h);
  tray_end(&h->tray);
  h->job = 0;
}

void sane_vscan_close(SANE_Handle handle)
{
  Handle *h = handle;
  drop_scan(h);
  tray_close(&h->tray);
  free(h);
}

SANE_Status sane_vscan_set_io_mode(SANE_Handle handle, SANE_Bool non_blocking)
{
  (void)handle;
  return non_blocking ? SANE_STATUS_UNSUPPORTED : SANE_STATUS_GOOD;
}

SANE_Status sane_vscan_get_select_fd(SANE_Handle handle, SANE_Int *fd)
{
  (void)handle;
  (void)fd;
  return SANE_STATUS_UNSUPPORTED;
}
