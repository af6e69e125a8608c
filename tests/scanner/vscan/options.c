/* vscan's options: lists and limits that follow source and mode, values the device rounds, sensors. */
#include "vscan.h"

#include <stdlib.h>
#include <string.h>

static const SANE_String_Const SOURCES[] = { "Flatbed", "ADF Front", "ADF Duplex", NULL };
static const SANE_String_Const MODES[] = { "Lineart", "Gray", "Color", NULL };
static const SANE_String_Const ACTIONS[] = { "Default", "Continue", "Stop", NULL };
static const SANE_String_Const BUFFERMODES[] = { "Default", "Off", "On", NULL };
static const SANE_Word ALL_DPI[] = { 6, 75, 100, 150, 200, 300, 600 };
static const SANE_Word COLOR_ADF_DPI[] = { 5, 75, 100, 150, 200, 300 };
static const SANE_Range GLASS_WIDTH = { 0, SANE_FIX(216), 0 }, GLASS_HEIGHT = { 0, SANE_FIX(297.2), 0 };
static const SANE_Range FEED_WIDTH = { 0, SANE_FIX(221), 0 }, FEED_HEIGHT = { 0, SANE_FIX(863), 0 };
static const SANE_Range PERCENT = { -127, 127, 1 }, BYTE = { 0, 255, 1 };


int in_feeder(const Handle *h)
{
  return strcmp(h->text[SOURCE], "Flatbed") != 0;
}

static void describe(Handle *h, Option o, SANE_String_Const name, SANE_Value_Type type, SANE_Unit unit, SANE_Int cap)
{
  SANE_Int size = type == SANE_TYPE_STRING ? 81 : type == SANE_TYPE_BUTTON || type == SANE_TYPE_GROUP ? 0 : sizeof(SANE_Word);
  h->table[o] = (SANE_Option_Descriptor){ name, name, name, type, unit, size, cap, SANE_CONSTRAINT_NONE, { NULL } };
}

static void choose_from(Handle *h, Option o, const SANE_String_Const *list, const char *value)
{
  h->table[o].constraint_type = SANE_CONSTRAINT_STRING_LIST;
  h->table[o].constraint.string_list = list;
  snprintf(h->text[o], sizeof h->text[o], "%s", value);
}

static void range_of(Handle *h, Option o, const SANE_Range *range)
{
  h->table[o].constraint_type = SANE_CONSTRAINT_RANGE;
  h->table[o].constraint.range = range;
}

static void set_active(Handle *h, Option o, int active)
{
  h->table[o].cap = active ? h->table[o].cap & ~SANE_CAP_INACTIVE : h->table[o].cap | SANE_CAP_INACTIVE;
}

static SANE_Word clamp(SANE_Word value, const SANE_Range *range)
{
  return value < range->min ? range->min : value > range->max ? range->max : value;
}

/* Source and mode decide limits, lists and what is active. */
static void adjust(Handle *h)
{
  int feeder = in_feeder(h), color = !strcmp(h->text[MODE], "Color");
  const SANE_Word *list = feeder && color ? COLOR_ADF_DPI : ALL_DPI;
  range_of(h, LEFT, feeder ? &FEED_WIDTH : &GLASS_WIDTH);
  range_of(h, RIGHT, feeder ? &FEED_WIDTH : &GLASS_WIDTH);
  range_of(h, TOP, feeder ? &FEED_HEIGHT : &GLASS_HEIGHT);
  range_of(h, BOTTOM, feeder ? &FEED_HEIGHT : &GLASS_HEIGHT);
  for (Option o = LEFT; o <= BOTTOM; o++)
    h->number[o] = clamp(h->number[o], h->table[o].constraint.range);
  h->table[RESOLUTION].constraint.word_list = list;
  if (h->number[RESOLUTION] > list[list[0]])
    h->number[RESOLUTION] = list[list[0]];
  for (Option o = PAGE_WIDTH; o <= PAGE_HEIGHT; o++)
    set_active(h, o, feeder);
  for (Option o = PAGE_AUTO; o <= EJECT; o++)
    set_active(h, o, feeder);
  set_active(h, ENDORSER_STRING, feeder && h->number[ENDORSER]);
  set_active(h, THRESHOLD, !strcmp(h->text[MODE], "Lineart"));
}

static void describe_all(Handle *h)
{
  const SANE_Int soft = SANE_CAP_SOFT_SELECT | SANE_CAP_SOFT_DETECT, more = soft | SANE_CAP_ADVANCED;
  const SANE_Int sensor = SANE_CAP_SOFT_DETECT | SANE_CAP_HARD_SELECT | SANE_CAP_ADVANCED;
  static const struct { Option o; const char *name; } groups[] = {
    { GROUP_MODE, "Scan Mode" }, { GROUP_AREA, "Geometry" }, { GROUP_PICTURE, "Enhancement" }, { GROUP_FEEDER, "Advanced" },
    { GROUP_SENSORS, "Sensors" },
  };
  static const struct { Option o; const char *name; } lengths[] = {
    { PAGE_WIDTH, "page-width" }, { PAGE_HEIGHT, "page-height" }, { LEFT, "tl-x" }, { TOP, "tl-y" }, { RIGHT, "br-x" },
    { BOTTOM, "br-y" },
  };
  static const struct { Option o; const char *name; } sensors[] = {
    { SCAN_BUTTON, "scan" }, { EMAIL_BUTTON, "email" }, { PAGE_LOADED, "page-loaded" }, { COVER_OPEN, "cover-open" },
    { DOUBLE_FEED_SENSOR, "double-feed" },
  };
  describe(h, COUNT, "", SANE_TYPE_INT, SANE_UNIT_NONE, SANE_CAP_SOFT_DETECT);
  for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
    describe(h, groups[i].o, groups[i].name, SANE_TYPE_GROUP, SANE_UNIT_NONE, 0);
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
    describe(h, lengths[i].o, lengths[i].name, SANE_TYPE_FIXED, SANE_UNIT_MM, soft);
  for (size_t i = 0; i < sizeof sensors / sizeof *sensors; i++)
    describe(h, sensors[i].o, sensors[i].name, SANE_TYPE_BOOL, SANE_UNIT_NONE, sensor);
  describe(h, SOURCE, "source", SANE_TYPE_STRING, SANE_UNIT_NONE, soft);
  describe(h, MODE, "mode", SANE_TYPE_STRING, SANE_UNIT_NONE, soft);
  describe(h, RESOLUTION, "resolution", SANE_TYPE_INT, SANE_UNIT_DPI, soft);
  describe(h, BRIGHTNESS, "brightness", SANE_TYPE_INT, SANE_UNIT_NONE, soft);
  describe(h, CONTRAST, "contrast", SANE_TYPE_INT, SANE_UNIT_NONE, soft);
  describe(h, THRESHOLD, "threshold", SANE_TYPE_INT, SANE_UNIT_NONE, soft);
  describe(h, PAGE_AUTO, "page-auto", SANE_TYPE_BOOL, SANE_UNIT_NONE, more);
  describe(h, DF_ACTION, "df-action", SANE_TYPE_STRING, SANE_UNIT_NONE, more);
  describe(h, DF_THICKNESS, "df-thickness", SANE_TYPE_BOOL, SANE_UNIT_NONE, more);
  describe(h, DF_LENGTH, "df-length", SANE_TYPE_BOOL, SANE_UNIT_NONE, more);
  describe(h, BUFFERMODE, "buffermode", SANE_TYPE_STRING, SANE_UNIT_NONE, more);
  describe(h, ENDORSER, "endorser", SANE_TYPE_BOOL, SANE_UNIT_NONE, more);
  describe(h, ENDORSER_STRING, "endorser-string", SANE_TYPE_STRING, SANE_UNIT_NONE, more);
  describe(h, EJECT, "eject", SANE_TYPE_BUTTON, SANE_UNIT_NONE, more);
  describe(h, FUNCTION, "function", SANE_TYPE_INT, SANE_UNIT_NONE, sensor);
}

static void set_defaults(Handle *h)
{
  choose_from(h, SOURCE, SOURCES, "Flatbed");
  choose_from(h, MODE, MODES, "Color");
  choose_from(h, DF_ACTION, ACTIONS, "Default");
  choose_from(h, BUFFERMODE, BUFFERMODES, "Default");
  h->table[RESOLUTION].constraint_type = SANE_CONSTRAINT_WORD_LIST;
  h->number[COUNT] = OPTIONS;
  h->number[RESOLUTION] = 300;
  h->number[THRESHOLD] = 128;
  h->number[RIGHT] = h->number[PAGE_WIDTH] = SANE_FIX(210);
  h->number[BOTTOM] = h->number[PAGE_HEIGHT] = SANE_FIX(297);
  range_of(h, PAGE_WIDTH, &FEED_WIDTH);
  range_of(h, PAGE_HEIGHT, &FEED_HEIGHT);
  range_of(h, BRIGHTNESS, &PERCENT);
  range_of(h, CONTRAST, &PERCENT);
  range_of(h, THRESHOLD, &BYTE);
}

void options_init(Handle *h)
{
  describe_all(h);
  set_defaults(h);
  adjust(h);
}

const SANE_Option_Descriptor *sane_vscan_get_option_descriptor(SANE_Handle handle, SANE_Int option)
{
  return option >= 0 && option < OPTIONS ? &((Handle *)handle)->table[option] : NULL;
}

static SANE_Word sense(Handle *h, Option o)
{
  tray_refresh(&h->tray);
  switch (o) {
  case SCAN_BUTTON:
    return tray_press_taken(&h->tray, "button-scan");
  case EMAIL_BUTTON:
    return tray_press_taken(&h->tray, "button-email");
  case PAGE_LOADED:
    return h->tray.next_sheet <= h->tray.sheets;
  case COVER_OPEN:
    return h->tray.cover || tray_file_exists(&h->tray, "cover");
  case DOUBLE_FEED_SENSOR:
    return h->tray.double_feed;
  default:
    return tray_file_number(&h->tray, "function", 0);
  }
}

static SANE_Word nearest(SANE_Word value, const SANE_Word *list)
{
  SANE_Word best = list[1];
  for (SANE_Word i = 1; i <= list[0]; i++)
    if (abs(list[i] - value) < abs(best - value))
      best = list[i];
  return best;
}

/* What the device makes of a number: the nearest in its list, inside its range, lengths on its grid of 1/1200 inch. */
static SANE_Word taken(const Handle *h, Option o, SANE_Word value)
{
  const SANE_Option_Descriptor *d = &h->table[o];
  if (d->type == SANE_TYPE_BOOL)
    return value != 0;
  if (d->constraint_type == SANE_CONSTRAINT_WORD_LIST)
    return nearest(value, d->constraint.word_list);
  if (d->constraint_type == SANE_CONSTRAINT_RANGE)
    value = clamp(value, d->constraint.range);
  if (d->type == SANE_TYPE_FIXED) {
    double grid = (int)(SANE_UNFIX(value) / 25.4 * 1200 + 0.5);
    value = clamp(SANE_FIX(grid * 25.4 / 1200), d->constraint.range);
  }
  return value;
}

static SANE_Status set_text(Handle *h, Option o, const char *value, SANE_Int *info)
{
  const SANE_String_Const *list = h->table[o].constraint.string_list;
  int known = h->table[o].constraint_type != SANE_CONSTRAINT_STRING_LIST;
  for (int i = 0; !known && list[i]; i++)
    known = !strcmp(list[i], value);
  if (!known)
    return SANE_STATUS_INVAL;
  snprintf(h->text[o], sizeof h->text[o], "%s", value);
  if (o == SOURCE || o == MODE)
    *info |= SANE_INFO_RELOAD_OPTIONS | SANE_INFO_RELOAD_PARAMS;
  adjust(h);
  return SANE_STATUS_GOOD;
}

static SANE_Status set_number(Handle *h, Option o, SANE_Word value, SANE_Int *info)
{
  h->number[o] = taken(h, o, value);
  if (h->number[o] != value)
    *info |= SANE_INFO_INEXACT;
  if (o == RESOLUTION || (o >= LEFT && o <= BOTTOM) || o == PAGE_AUTO)
    *info |= SANE_INFO_RELOAD_PARAMS;
  if (o == ENDORSER)
    *info |= SANE_INFO_RELOAD_OPTIONS;
  adjust(h);
  return SANE_STATUS_GOOD;
}

static SANE_Status get_value(Handle *h, Option o, void *value)
{
  const SANE_Option_Descriptor *d = &h->table[o];
  if (!SANE_OPTION_IS_ACTIVE(d->cap) || d->type == SANE_TYPE_BUTTON || d->type == SANE_TYPE_GROUP)
    return SANE_STATUS_INVAL;
  if (d->type == SANE_TYPE_STRING)
    strcpy(value, h->text[o]);
  else
    *(SANE_Word *)value = o >= SCAN_BUTTON ? sense(h, o) : h->number[o];
  return SANE_STATUS_GOOD;
}

static SANE_Status set_value(Handle *h, Option o, void *value, SANE_Int *info)
{
  const SANE_Option_Descriptor *d = &h->table[o];
  if (h->job)
    return SANE_STATUS_DEVICE_BUSY;
  if (!SANE_OPTION_IS_ACTIVE(d->cap) || !SANE_OPTION_IS_SETTABLE(d->cap))
    return SANE_STATUS_INVAL;
  if (d->type == SANE_TYPE_BUTTON)
    return SANE_STATUS_GOOD;
  return d->type == SANE_TYPE_STRING ? set_text(h, o, value, info) : set_number(h, o, *(SANE_Word *)value, info);
}

SANE_Status sane_vscan_control_option(SANE_Handle handle, SANE_Int option, SANE_Action action, void *value, SANE_Int *info)
{
  SANE_Int told = 0;
  if (option < 0 || option >= OPTIONS || action == SANE_ACTION_SET_AUTO)
    return SANE_STATUS_INVAL;
  SANE_Status status = action == SANE_ACTION_GET_VALUE ? get_value(handle, option, value) : set_value(handle, option, value, &told);
  if (info)
    *info = told;
  return status;
}
