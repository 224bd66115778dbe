/* What a frozen retriever spends its time in, for processors with AVX-512 and VNNI; called from kernels.py.
 *
 * A product is y = gelu(norm(x) W^T + b) + added, each part but the product itself optional, in one pass over x and y.
 * Weights lie in panels of 32 outputs, so that a tile of up to 14 rows has all its sums in registers and every weight
 * is read once a tile. They have 16 bits (products and sums in 32-bit floats: nothing is rounded), or 8 bits with one
 * scale an output; then x is rounded to 8 bits with one scale a row, and the sums are exact integers. So a row's answer
 * never depends on the other rows.
 */

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum { OUTPUTS = 32, TILE = 14, GROUP = 4 * TILE };
/* Rows of x lie a little apart, or those of 2 kB and 4 kB would share a few lines of the cache. AHEAD: bytes. */
enum { FLOATS_APART = 16, BYTES_APART = 64, AHEAD = 2048 };
enum { SMALL = 1 << 18 };  /* products, and a few rows' worth of reading: below, a second thread comes too late */
enum { PLAIN = 0, RMS = 1, LAYER = 2 };                              /* norms */

typedef struct {
    int64_t inputs, outputs;  /* inputs: a multiple of 16 */
    const void *weights;      /* 16 bits: (panels, inputs, 32); 8 bits, plus 128: (panels, inputs / 4, 32, 4) */
    const float *scales;      /* (panels * 32) of 8-bit weights; null: the weights have 16 bits */
    const float *bias;        /* (panels * 32) */
    const float *norm, *norm_bias; /* (inputs) */
    double epsilon;
    int64_t norm_kind, gelu;
} Matrix;

INLINE __m512 exp512(__m512 x) {
    /* Cephes: a polynomial around 0, 2 ulp. Not a number stays one: max and min give their second operand then. */
    x = _mm512_min_ps(_mm512_set1_ps(88.0f), _mm512_max_ps(_mm512_set1_ps(-110.0f), x));
    __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), 8);
    x = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
    x = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), x);
    __m512 p = _mm512_set1_ps(1.9875691500e-4f);
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.3981999507e-3f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(8.3334519073e-3f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(4.1665795894e-2f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(1.6666665459e-1f));
    p = _mm512_fmadd_ps(p, x, _mm512_set1_ps(5.0000001201e-1f));
    p = _mm512_fmadd_ps(p, _mm512_mul_ps(x, x), _mm512_add_ps(x, _mm512_set1_ps(1.0f)));
    return _mm512_scalef_ps(p, n);
}

INLINE __m512 gelu512(__m512 x) {
    /* x Phi(x), with erf after Abramowitz and Stegun 7.1.26 (error below 1.5e-7). */
    const __m512 one = _mm512_set1_ps(1.0f);
    __m512 z = _mm512_abs_ps(_mm512_mul_ps(x, _mm512_set1_ps(0.70710678f)));
    __m512 t = _mm512_div_ps(one, _mm512_fmadd_ps(_mm512_set1_ps(0.3275911f), z, one));
    __m512 p = _mm512_set1_ps(1.061405429f);
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-1.453152027f));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(1.421413741f));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-0.284496736f));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(0.254829592f));
    __m512 gauss = exp512(_mm512_sub_ps(_mm512_setzero_ps(), _mm512_mul_ps(z, z)));
    __m512 tail = _mm512_mul_ps(_mm512_mul_ps(p, t), gauss);                   /* 1 - erf(|z|) */
    __m512 half = _mm512_mul_ps(_mm512_set1_ps(0.5f), tail);
    __mmask16 below = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
    return _mm512_mul_ps(x, _mm512_mask_mov_ps(_mm512_sub_ps(one, half), below, half));
}

/* Norms, and rounding to 8 bits */

static void normed(const Matrix *m, const float *x, float *y) {
    const int64_t n = m->inputs;
    __m512 sum = _mm512_setzero_ps(), squares = _mm512_setzero_ps();
    if (m->norm_kind == LAYER)
        for (int64_t i = 0; i < n; i += 16) sum = _mm512_add_ps(sum, _mm512_loadu_ps(x + i));
    const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / n);
    for (int64_t i = 0; i < n; i += 16) {
        const __m512 part = _mm512_sub_ps(_mm512_loadu_ps(x + i), mean);
        squares = _mm512_fmadd_ps(part, part, squares);
    }
    const float length = _mm512_reduce_add_ps(squares) / n + (float)m->epsilon;
    const __m512 scale = _mm512_set1_ps(1.0f / __builtin_sqrtf(length));
    for (int64_t i = 0; i < n; i += 16) {
        const __m512 part = _mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(x + i), mean), scale);
        const __m512 shift = m->norm_kind == LAYER ? _mm512_loadu_ps(m->norm_bias + i) : _mm512_setzero_ps();
        _mm512_storeu_ps(y + i, _mm512_fmadd_ps(part, _mm512_loadu_ps(m->norm + i), shift));
    }
}

/* x (inputs) -> 8 bits; the scale, and the sum of what came out times 128. */
static float rounded(const float *x, int64_t n, int8_t *y, int32_t *sum) {
    __m512i largest = _mm512_setzero_si512();  /* magnitudes ordered by their bits: not a number is above all */
    for (int64_t i = 0; i < n; i += 16)
        largest = _mm512_max_epi32(largest, _mm512_castps_si512(_mm512_abs_ps(_mm512_loadu_ps(x + i))));
    const int32_t bits = _mm512_reduce_max_epi32(largest);
    float peak;
    memcpy(&peak, &bits, sizeof peak);
    const __m512 up = _mm512_set1_ps(127.0f / (peak < 1e-20f ? 1e-20f : peak));
    __m512i sums = _mm512_setzero_si512();
    for (int64_t i = 0; i < n; i += 16) {
        const __m512i q = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + i), up));
        sums = _mm512_add_epi32(sums, q);
        _mm_storeu_si128((__m128i *)(y + i), _mm512_cvtepi32_epi8(q));
    }
    *sum = _mm512_reduce_add_epi32(sums) * 128;
    return peak / 127.0f;
}

/* Tiles: `rows` is a constant wherever these are put in place, so that the sums are registers */

INLINE void tile_half(int rows, const float *x, int64_t n, const __m256i *w, float *out) {
    const int64_t stride = n + FLOATS_APART;
    __m512 sums[TILE][2];
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = _mm512_setzero_ps();
    for (int64_t i = 0; i < n; i++, w += 2) {
        _mm_prefetch(w + AHEAD / sizeof *w, _MM_HINT_T0);
        const __m512 low = _mm512_cvtph_ps(_mm256_load_si256(w)), high = _mm512_cvtph_ps(_mm256_load_si256(w + 1));
#pragma GCC unroll 14
        for (int r = 0; r < rows; r++) {
            const __m512 value = _mm512_set1_ps(x[r * stride + i]);
            sums[r][0] = _mm512_fmadd_ps(value, low, sums[r][0]);
            sums[r][1] = _mm512_fmadd_ps(value, high, sums[r][1]);
        }
    }
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++) {
        _mm512_storeu_ps(out + r * OUTPUTS, sums[r][0]);
        _mm512_storeu_ps(out + r * OUTPUTS + 16, sums[r][1]);
    }
}

INLINE void tile_byte(int rows, const int8_t *x, int64_t n, const __m512i *w, int32_t *out) {
    const int64_t stride = n + BYTES_APART;
    __m512i sums[TILE][2];
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = _mm512_setzero_si512();
    for (int64_t i = 0; i < n; i += 4, w += 2) {
        _mm_prefetch(w + AHEAD / sizeof *w, _MM_HINT_T0);
        const __m512i low = _mm512_load_si512(w), high = _mm512_load_si512(w + 1);
#pragma GCC unroll 14
        for (int r = 0; r < rows; r++) {
            int32_t four;
            memcpy(&four, x + r * stride + i, 4);
            const __m512i value = _mm512_set1_epi32(four);
            sums[r][0] = _mm512_dpbusd_epi32(sums[r][0], low, value);
            sums[r][1] = _mm512_dpbusd_epi32(sums[r][1], high, value);
        }
    }
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++) {
        _mm512_storeu_si512(out + r * OUTPUTS, sums[r][0]);
        _mm512_storeu_si512(out + r * OUTPUTS + 16, sums[r][1]);
    }
}

#define TILES(name, kind, input, weight, output)                                                        \
    static void name(int rows, const input *x, int64_t n, const weight *w, output *out) {               \
        switch (rows) {                                                                                 \
            case 1: kind(1, x, n, w, out); break;   case 2: kind(2, x, n, w, out); break;               \
            case 3: kind(3, x, n, w, out); break;   case 4: kind(4, x, n, w, out); break;               \
            case 5: kind(5, x, n, w, out); break;   case 6: kind(6, x, n, w, out); break;               \
            case 7: kind(7, x, n, w, out); break;   case 8: kind(8, x, n, w, out); break;               \
            case 9: kind(9, x, n, w, out); break;   case 10: kind(10, x, n, w, out); break;             \
            case 11: kind(11, x, n, w, out); break; case 12: kind(12, x, n, w, out); break;             \
            case 13: kind(13, x, n, w, out); break; case 14: kind(14, x, n, w, out); break;             \
        }                                                                                               \
    }
TILES(halves, tile_half, float, __m256i, float)
TILES(bytes, tile_byte, int8_t, __m512i, int32_t)

typedef struct {
    const float *floats; /* (rows, inputs) */
    const int8_t *bytes; /* (rows, inputs) */
    const float *scales;
    const int32_t *sums;
} Rows;

static void tile(int rows, const Matrix *m, const Rows *x, int64_t row, int64_t panel, const float *added, float *out) {
    const int64_t n = m->inputs, column = panel * OUTPUTS;
    union { float floats[TILE * OUTPUTS]; int32_t integers[TILE * OUTPUTS]; } raw;
    if (m->scales) bytes(rows, x->bytes + row * (n + BYTES_APART), n, (const __m512i *)m->weights + panel * n / 2, raw.integers);
    else halves(rows, x->floats + row * (n + FLOATS_APART), n, (const __m256i *)m->weights + panel * n * 2, raw.floats);
    for (int r = 0; r < rows; r++)
        for (int64_t at = column; at < column + OUTPUTS && at < m->outputs; at += 16) {
            const int64_t from = r * OUTPUTS + at - column, to = (row + r) * m->outputs + at, left = m->outputs - at;
            const __mmask16 there = left >= 16 ? 0xffff : (__mmask16)((1u << left) - 1);
            __m512 y;
            if (m->scales) {
                const __m512 scale = _mm512_set1_ps(x->scales[row + r]);
                const __m512i sum = _mm512_loadu_si512(raw.integers + from);
                y = _mm512_cvtepi32_ps(_mm512_sub_epi32(sum, _mm512_set1_epi32(x->sums[row + r])));
                y = _mm512_mul_ps(y, _mm512_mul_ps(scale, _mm512_loadu_ps(m->scales + at)));
            } else y = _mm512_loadu_ps(raw.floats + from);
            y = _mm512_add_ps(y, _mm512_loadu_ps(m->bias + at));
            if (m->gelu) y = gelu512(y);
            if (added) y = _mm512_add_ps(y, _mm512_maskz_loadu_ps(there, added + to));
            _mm512_mask_storeu_ps(out + to, there, y);
        }
}

/* Some rows, at most GROUP, times the panels first .. end - 1. */
static void some(const Matrix *m, const float *x, int64_t rows, int64_t first, int64_t end, const float *a, float *o) {
    const int64_t n = m->inputs;
    float floats[m->scales ? n : rows * (n + FLOATS_APART)], scales[GROUP];
    int8_t bytes[m->scales ? rows * (n + BYTES_APART) : 1];
    int32_t sums[GROUP];
    for (int64_t r = 0; r < rows; r++) {
        const float *row = x + r * n;
        float *to = floats + (m->scales ? 0 : r * (n + FLOATS_APART));
        if (m->norm_kind) normed(m, row, to);
        else if (!m->scales) memcpy(to, row, n * sizeof *to);
        if (m->scales) scales[r] = rounded(m->norm_kind ? to : row, n, bytes + r * (n + BYTES_APART), sums + r);
    }
    const Rows ready = {floats, bytes, scales, sums};
    for (int64_t panel = first; panel < end; panel++)
        for (int64_t row = 0; row < rows; row += TILE)
            tile(rows - row < TILE ? rows - row : TILE, m, &ready, row, panel, a, o);
}

/* x (rows, inputs), added (rows, outputs) or null -> out (rows, outputs). */
void ace_product(const Matrix *m, const float *x, int64_t rows, const float *added, float *out, int threads) {
    const int64_t panels = (m->outputs + OUTPUTS - 1) / OUTPUTS;
    if (m->inputs * m->outputs * (rows + 4) < SMALL) threads = 1;
    const int64_t shares = (rows + threads - 1) / threads;
    const int64_t tiles = ((shares < GROUP ? shares : GROUP) + TILE - 1) / TILE;
    const int64_t group = rows < 2 * TILE ? rows : tiles * TILE;  /* few rows: threads share the panels instead */
    const int64_t groups = rows ? (rows + group - 1) / group : 0;
    const int64_t parts = groups < threads ? (threads < panels ? threads : panels) : 1;
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
    for (int64_t task = 0; task < groups * parts; task++) {
        const int64_t row = task / parts * group, part = task % parts;
        const int64_t first = panels * part / parts, end = panels * (part + 1) / parts;
        some(m, x + row * m->inputs, rows - row < group ? rows - row : group, first, end,
             added ? added + row * m->outputs : 0, out + row * m->outputs);
    }
}

/* Attention. Rows are some of batch x places; `where` (rows) says which, null: all. */

typedef struct {
    int64_t rows, places, heads, size, room, stride; /* size: a multiple of 16; stride: floats from row to row */
    const int64_t *where;
} Shape;

INLINE void place_of(const Shape *s, int64_t row, int64_t *batch, int64_t *place) {
    const int64_t at = s->where ? s->where[row] : row;
    *batch = at / s->places;
    *place = at % s->places;
}

/* Rows of k and v, one source of several -> keys, values (batch, sources, heads, room, size), from `start` on. */
void ace_write(const Shape *s, const float *k, const float *v, float *keys, float *values, int64_t start,
               int64_t source, int64_t sources, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1 && s->rows > 64)
    for (int64_t row = 0; row < s->rows; row++) {
        int64_t batch, place;
        place_of(s, row, &batch, &place);
        for (int64_t h = 0; h < s->heads; h++) {
            const int64_t to = (((batch * sources + source) * s->heads + h) * s->room + start + place) * s->size;
            memcpy(keys + to, k + row * s->stride + h * s->size, s->size * sizeof *k);
            memcpy(values + to, v + row * s->stride + h * s->size, s->size * sizeof *v);
        }
    }
}

/* The mean of `count` values, weighed by shares that are not normalised yet: `blocks` x 16 numbers, a constant. */
INLINE void mixed(int blocks, const float *values, int64_t size, const int32_t *seen, const float *shares,
                  int64_t count, float whole, float *out) {
    __m512 sums[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
    for (int64_t i = 0; i < count; i++) {
        const __m512 share = _mm512_set1_ps(shares[i]);
#pragma GCC unroll 4
        for (int b = 0; b < blocks; b++)
            sums[b] = _mm512_fmadd_ps(share, _mm512_loadu_ps(values + seen[i] * size + b * 16), sums[b]);
    }
#pragma GCC unroll 4
    for (int b = 0; b < blocks; b++) _mm512_storeu_ps(out + b * 16, _mm512_mul_ps(sums[b], _mm512_set1_ps(whole)));
}

static void one_head(int64_t size, const float *query, const float *keys, const float *values, const int32_t *seen,
                     int64_t count, float *shares, float *out) {
    const float scale = 1.0f / __builtin_sqrtf((float)size);
    __m512 peak = _mm512_set1_ps(-__builtin_inff()), total = _mm512_setzero_ps();
    for (int64_t i = 0; i < count; i++) {
        __m512 sum = _mm512_setzero_ps();
        for (int64_t j = 0; j < size; j += 16)
            sum = _mm512_fmadd_ps(_mm512_loadu_ps(query + j), _mm512_loadu_ps(keys + seen[i] * size + j), sum);
        shares[i] = _mm512_reduce_add_ps(sum) * scale;
    }
    for (int64_t i = count; i % 16; i++) shares[i] = -__builtin_inff();
    for (int64_t i = 0; i < count; i += 16) peak = _mm512_max_ps(peak, _mm512_loadu_ps(shares + i));
    const __m512 highest = _mm512_set1_ps(_mm512_reduce_max_ps(peak));
    for (int64_t i = 0; i < count; i += 16) {
        const __m512 share = exp512(_mm512_sub_ps(_mm512_loadu_ps(shares + i), highest));
        _mm512_storeu_ps(shares + i, share);
        total = _mm512_add_ps(total, share);
    }
    const float whole = 1.0f / _mm512_reduce_add_ps(total);
    int64_t j = 0;
    for (; j + 64 <= size; j += 64) mixed(4, values + j, size, seen, shares, count, whole, out + j);
    for (; j + 48 <= size; j += 48) mixed(3, values + j, size, seen, shares, count, whole, out + j);
    for (; j < size; j += 16) mixed(1, values + j, size, seen, shares, count, whole, out + j);
}

/* Which of `room` keys are seen, by number: how many. bias: 0 where they are, minus infinity elsewhere. */
static int64_t those_seen(const float *bias, int64_t room, int32_t *seen) {
    int64_t count = 0;
    for (int64_t t = 0; t < room; t++) {
        seen[count] = (int32_t)t;
        count += bias[t] == 0.0f;
    }
    return count;
}

/* For each of `sources` memories, keys and values (batch, sources, heads, room, size): the query at asking[source] x
 * heads x size of every row answers into out (sources, rows, heads x size). bias (batch, bias_places, room), bias_places
 * 1 or places. Some rows at a time, so that a head's keys and values are near while all of these ask them. */
void ace_attend(const Shape *s, const float *query, const float *keys, const float *values, const float *bias,
                int64_t bias_places, const int64_t *asking, int64_t sources, float *out, int threads) {
    enum { CHUNK = 16 };
    const int64_t width = s->heads * s->size, block = s->size * s->room, chunks = (s->rows + CHUNK - 1) / CHUNK;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1 && chunks > 1)
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        const int64_t first = chunk * CHUNK, rows = s->rows - first < CHUNK ? s->rows - first : CHUNK;
        int32_t seen[CHUNK][s->room + 1];
        int64_t count[CHUNK], batch[CHUNK], place;
        float shares[s->room + 16];
        for (int64_t r = 0; r < rows; r++) {
            place_of(s, first + r, batch + r, &place);
            const float *hidden = bias + (batch[r] * bias_places + (bias_places > 1 ? place : 0)) * s->room;
            count[r] = those_seen(hidden, s->room, seen[r]);
        }
        for (int64_t e = 0; e < sources; e++)
            for (int64_t h = 0; h < s->heads; h++)
                for (int64_t r = 0; r < rows; r++) {
                    const int64_t memory = ((batch[r] * sources + e) * s->heads + h) * block;
                    one_head(s->size, query + (first + r) * s->stride + asking[e] * width + h * s->size, keys + memory,
                             values + memory, seen[r], count[r], shares, out + (e * s->rows + first + r) * width + h * s->size);
                }
    }
}
