#include "decode.h"

#include <stdbool.h>

/* What prefixes have said since the last event. */
struct prefixes {
    uint64_t frame;
    uint64_t n_bytes;
    uint64_t n_blocks;
};

static uint32_t kind_of(struct cb_slot slot)
{
    return slot.word & CB_KIND_MASK;
}

static uint64_t payload_of(struct cb_slot slot)
{
    return slot.ticks | (uint64_t)(slot.word >> CB_KIND_BITS) << 32;
}

/* The signed 24-bit turn of the clock's high half that a TIME slot carries. */
static uint32_t turn_of(struct cb_slot slot)
{
    uint32_t turn = slot.word >> CB_KIND_BITS;
    return turn & 0x800000u ? turn | 0xFF000000u : turn;
}

/* The high half before the oldest slot: the newest less every turn between. */
static uint32_t first_high(const struct cb_slots *slots)
{
    uint32_t high = slots->high;
    for (size_t r = 0; r < slots->n_runs; r++) {
        for (size_t i = 0; i < slots->n_slots[r]; i++) {
            if (kind_of(slots->runs[r][i]) == CB_TIME) {
                high -= turn_of(slots->runs[r][i]);
            }
        }
    }
    return high;
}

/* Counters before the oldest slot. An event may have lost its own to the ring, and zero would make the next ones
 * look like a huge growth: the first that are known stand for them. */
static struct prefixes first_counters(const struct cb_slots *slots)
{
    struct prefixes first = {0, 0, 0};
    bool has_bytes = false, has_blocks = false;
    for (size_t r = 0; r < slots->n_runs; r++) {
        for (size_t i = 0; i < slots->n_slots[r] && !(has_bytes && has_blocks); i++) {
            struct cb_slot slot = slots->runs[r][i];
            if (kind_of(slot) == CB_ALLOC_BYTES && !has_bytes) {
                first.n_bytes = payload_of(slot);
                has_bytes = true;
            } else if (kind_of(slot) == CB_ALLOC_BLOCKS && !has_blocks) {
                first.n_blocks = payload_of(slot);
                has_blocks = true;
            }
        }
    }
    return first;
}

static int64_t to_ns(const struct cb_clock_line *line, uint64_t ticks)
{
    double elapsed_ns = (double)(int64_t)(ticks - line->ticks) * line->ns_per_tick;
    /* A damaged clock must not overflow: no recording is longer than 146 years. */
    const double limit_ns = 4.6e18;
    elapsed_ns = elapsed_ns > limit_ns ? limit_ns : elapsed_ns < -limit_ns ? -limit_ns : elapsed_ns;
    return (int64_t)((uint64_t)line->epoch_ns + (uint64_t)(int64_t)elapsed_ns);
}

size_t cb_decode(const struct cb_slots *slots, const struct cb_clock_line *line, uint32_t thread,
                 struct cb_event *events, uint64_t (*alloc)[2], const struct cb_value_output *values)
{
    uint32_t high = first_high(slots);
    struct prefixes seen = {0, 0, 0};
    if (alloc != NULL) {
        seen = first_counters(slots);
    }
    size_t n_events = 0;
    size_t n_values = 0, n_placed = 0; /* met, and those of them that belong to an event */
    for (size_t r = 0; r < slots->n_runs; r++) {
        for (size_t i = 0; i < slots->n_slots[r]; i++) {
            struct cb_slot slot = slots->runs[r][i];
            uint32_t kind = kind_of(slot);
            if (kind >= CB_CALL && kind <= CB_STEP) {
                if (alloc != NULL) {
                    alloc[n_events][0] = seen.n_bytes;
                    alloc[n_events][1] = seen.n_blocks;
                }
                if (values != NULL) {
                    values->starts[n_events] = n_placed;
                    n_placed = n_values;
                }
                events[n_events++] = (struct cb_event){
                    .t_ns = to_ns(line, (uint64_t)high << 32 | slot.ticks),
                    .frame = seen.frame,
                    .code = slot.word >> CB_KIND_BITS,
                    .thread = thread,
                    .call = -1,
                    .kind = (uint8_t)kind,
                };
                seen.frame = 0;
            } else if (kind == CB_TIME) {
                high += turn_of(slot);
            } else if (kind == CB_VALUE && values != NULL) {
                values->payloads[n_values++] = payload_of(slot);
            } else if (kind == CB_FRAME) {
                seen.frame = payload_of(slot);
            } else if (kind == CB_ALLOC_BYTES) {
                seen.n_bytes = payload_of(slot);
            } else if (kind == CB_ALLOC_BLOCKS) {
                seen.n_blocks = payload_of(slot);
            }
        }
    }
    if (values != NULL) {
        values->starts[n_events] = n_placed;
    }
    return n_events;
}
