#include "room.h"

#include <string.h>

void ango_room_begin(struct ango_room *room, uint8_t *buffer, size_t cap)
{
    room->start = buffer;
    room->limit = buffer + cap - 1;
    room->text_cap = (cap - ANGO_ROOM_MIN) / 2 + 1;
    if (room->text_cap > ANGO_ROOM_TEXT)
        room->text_cap = ANGO_ROOM_TEXT;
    *buffer = '\0';
    room->kept = room->put = buffer + room->text_cap;
    room->next = room->end = room->put + ANGO_ROOM_GAP;
}

void ango_room_drop_text(struct ango_room *room)
{
    room->text_cap = 0;
    room->kept = room->start;
    room->put = room->start;
}

void ango_room_add_text(struct ango_room *room, size_t n)
{
    uint8_t *end = room->start + room->text_len;
    size_t left = room->text_cap - room->text_len - 1;

    if (room->text_cap == 0)
        return;
    if (n > left)
        n = left;
    memcpy(end, room->next, n);
    end[n] = '\0';
    room->text_len += n;
}

void ango_room_skip(struct ango_room *room, size_t n)
{
    uint8_t *held = room->next - room->held;

    memmove(held + n, held, room->held);
    room->next += n;
}

void ango_room_pack(struct ango_room *room)
{
    uint8_t *from = room->next - room->held;
    uint8_t *to = room->put + ANGO_ROOM_GAP;

    memmove(to, from, (size_t)(room->end - from));
    room->next = to + room->held;
    room->end = to + (room->end - from);
}
