/* PNM in, the asked window at the asked resolution and mode out. */
#include "vscan.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int header_number(FILE *file)
{
  int letter = getc(file), value = 0;
  while (isspace(letter) || letter == '#') {
    if (letter == '#')
      while (letter != '\n' && letter != EOF)
        letter = getc(file);
    letter = getc(file);
  }
  while (isdigit(letter)) {
    value = value * 10 + letter - '0';
    letter = getc(file);
  }
  return value;
}

static int read_bits(FILE *file, Picture *picture)
{
  int stride = (picture->width + 7) / 8;
  unsigned char *row = malloc(stride);
  for (int y = 0; y < picture->height; y++) {
    if (fread(row, stride, 1, file) != 1)
      break;
    for (int x = 0; x < picture->width; x++)
      picture->data[(size_t)y * picture->width + x] = row[x / 8] & (0x80 >> x % 8) ? 0 : 255;
  }
  free(row);
  return !ferror(file);
}

int picture_load(const char *path, Picture *picture)
{
  FILE *file = fopen(path, "rb");
  if (!file)
    return 0;
  int kind = getc(file) == 'P' ? getc(file) : 0;
  picture->width = header_number(file);
  picture->height = header_number(file);
  if (kind == '5' || kind == '6')
    header_number(file);
  picture->channels = kind == '6' ? 3 : 1;
  size_t size = (size_t)picture->width * picture->height * picture->channels;
  picture->data = size ? malloc(size) : NULL;
  int good = 0;
  if (picture->data && kind == '4')
    good = read_bits(file, picture);
  else if (picture->data && (kind == '5' || kind == '6'))
    good = fread(picture->data, size, 1, file) == 1;
  if (!good)
    free(picture->data);
  fclose(file);
  return good;
}

void picture_white(Picture *picture, int width, int height)
{
  picture->width = width;
  picture->height = height;
  picture->channels = 1;
  picture->data = malloc((size_t)width * height);
  memset(picture->data, 255, (size_t)width * height);
}

int wish_pixels(double mm, int dpi)
{
  return (int)(mm / 25.4 * dpi + 0.5);
}

static void make_table(const Wish *wish, unsigned char table[256])
{
  for (int value = 0; value < 256; value++) {
    double changed = (value - 128) * (1 + wish->contrast / 127.0) + 128 + wish->brightness;
    table[value] = changed < 0 ? 0 : changed > 255 ? 255 : (unsigned char)(changed + 0.5);
  }
}

static int gray_of(const Picture *page, const unsigned char *pixel)
{
  return page->channels == 1 ? pixel[0] : (pixel[0] * 299 + pixel[1] * 587 + pixel[2] * 114 + 500) / 1000;
}

static void put(const Picture *page, const unsigned char *pixel, const Wish *wish, const unsigned char table[256],
                unsigned char *out)
{
  if (wish->channels == 1)
    out[0] = table[gray_of(page, pixel)];
  else
    for (int channel = 0; channel < 3; channel++)
      out[channel] = table[pixel[page->channels == 3 ? channel : 0]];
}

/* Packs 8-bit grey rows in place into SANE's 1-bit rows, where a set bit is black. */
static void pack(Picture *scan, int threshold)
{
  int stride = (scan->width + 7) / 8;
  for (int y = 0; y < scan->height; y++) {
    const unsigned char *row = scan->data + (size_t)y * scan->width;
    unsigned char packed[(scan->width + 7) / 8];
    memset(packed, 0, stride);
    for (int x = 0; x < scan->width; x++)
      if (row[x] < threshold)
        packed[x / 8] |= 0x80 >> x % 8;
    memcpy(scan->data + (size_t)y * stride, packed, stride);
  }
}

/* Nothing to change: whole rows are copied. */
static int is_plain(const Picture *page, const Wish *wish)
{
  return wish->page_dpi == wish->dpi && !wish->brightness && !wish->contrast && page->channels == wish->channels;
}

static void scan_row(const Picture *page, const Wish *wish, const unsigned char table[256], int from_y, Picture *scan, int y)
{
  double step = (double)wish->page_dpi / wish->dpi;
  int left = wish_pixels(wish->left, wish->dpi), channels = page->channels;
  const unsigned char *from = page->data + (size_t)from_y * page->width * channels;
  unsigned char *out = scan->data + (size_t)y * scan->width * scan->channels;
  if (is_plain(page, wish)) {
    int width = page->width - left < scan->width ? page->width - left : scan->width;
    if (width > 0)
      memcpy(out, from + (size_t)left * channels, (size_t)width * channels);
    return;
  }
  for (int x = 0; x < scan->width; x++, out += scan->channels) {
    int from_x = (int)((x + left) * step);
    if (from_x >= page->width)
      return;
    put(page, from + (size_t)from_x * channels, wish, table, out);
  }
}

int picture_scan(const Picture *page, const Wish *wish, Picture *scan)
{
  unsigned char table[256];
  double step = (double)wish->page_dpi / wish->dpi;
  int top = wish_pixels(wish->top, wish->dpi), page_height = (int)(page->height / step + 0.5) - top;
  make_table(wish, table);
  scan->width = wish_pixels(wish->width, wish->dpi);
  scan->height = wish->height > 0 ? wish_pixels(wish->height, wish->dpi) : page_height;
  scan->channels = wish->channels;
  size_t size = (size_t)scan->width * scan->height * scan->channels;
  scan->data = scan->width > 0 && scan->height > 0 ? malloc(size) : NULL;
  if (!scan->data)
    return 0;
  memset(scan->data, 255, size);
  for (int y = 0; y < scan->height; y++) {
    int from_y = (int)((y + top) * step);
    if (from_y >= page->height)
      break;
    scan_row(page, wish, table, from_y, scan, y);
  }
  if (wish->lineart)
    pack(scan, wish->threshold);
  return 1;
}
