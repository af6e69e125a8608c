/* What goes wrong: lines "SIDE KIND [read|start] [xN] [gone]". How often line i has fired stands in the file fired.i, so that a
   process that dies of its fault does not die of it again. */
#include "vscan.h"

#include <stdlib.h>
#include <string.h>

static const char *const KIND_NAMES[FAULT_KINDS] = {
  "none", "jam", "cover", "double_feed", "label", "io", "short", "segv", "hang", "stop", "busy", "nomem", "access", "slow", "exit"
};
/* In mid-page unless the script says otherwise; the others come before the page. */
static const int READS_BY_NATURE = 1 << IO | 1 << SHORT | 1 << SEGV | 1 << HANG | 1 << SLOW | 1 << EXIT;
/* After these the sheet lies in the tray again. */
static const int RETURNS = 1 << JAM | 1 << COVER | 1 << DOUBLE_FEED | 1 << IO | 1 << SEGV | 1 << HANG | 1 << EXIT;

static void fired_name(int line, char *name, size_t size)
{
  snprintf(name, size, "fired.%d", line);
}

static int parse_fault(char *line, Fault *fault)
{
  char *rest, *word = strtok_r(line, " \t\n", &rest), *kind = strtok_r(NULL, " \t\n", &rest);
  memset(fault, 0, sizeof *fault);
  if (!word || !kind)
    return 0;
  fault->side = atoi(word);
  fault->times = 1;
  for (int i = 1; i < FAULT_KINDS; i++)
    if (!strcmp(kind, KIND_NAMES[i]))
      fault->kind = i;
  fault->at_read = READS_BY_NATURE >> fault->kind & 1;
  while ((word = strtok_r(NULL, " \t\n", &rest))) {
    if (!strcmp(word, "read") || !strcmp(word, "start"))
      fault->at_read = *word == 'r';
    else if (*word == 'x')
      fault->times = atoi(word + 1);
    else if (!strcmp(word, "gone"))
      fault->gone = 1;
  }
  return fault->kind != NO_FAULT;
}

void faults_read(Tray *tray)
{
  FILE *file = tray_file(tray, "faults", "r");
  char line[256], name[64];
  tray->fault_count = 0;
  while (file && tray->fault_count < MOST_FAULTS && fgets(line, sizeof line, file)) {
    Fault *fault = &tray->faults[tray->fault_count];
    if (!parse_fault(line, fault))
      continue;
    fired_name(tray->fault_count, name, sizeof name);
    fault->times -= tray_file_number(tray, name, 0);
    tray->fault_count++;
  }
  if (file)
    fclose(file);
}

Fault *fault_due(Tray *tray, int sheet, int back, int at_read)
{
  int side = tray->duplex ? 2 * sheet - 1 + back : sheet;
  for (int i = 0; i < tray->fault_count; i++) {
    Fault *fault = &tray->faults[i];
    if (fault->side == side && fault->times > 0 && fault->at_read == at_read)
      return fault;
  }
  return NULL;
}

void fault_fire(Tray *tray, Fault *fault)
{
  char name[64];
  fired_name((int)(fault - tray->faults), name, sizeof name);
  int fired = tray_file_number(tray, name, 0) + 1;
  FILE *file = tray_file(tray, name, "w");
  fault->times--;
  if (file) {
    fprintf(file, "%d\n", fired);
    fclose(file);
  }
}

int fault_returns(const Fault *fault)
{
  return !fault->gone && (RETURNS >> fault->kind & 1);
}
