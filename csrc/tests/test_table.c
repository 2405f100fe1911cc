#include "check.h"
#include "table.h"

static void new_key_has_no_row(void)
{
    struct cb_table table = {0};
    int32_t *row = cb_table_at(&table, 7);

    CHECK(row != NULL && *row == -1);
    cb_table_fini(&table);
}

static void rows_stay_with_their_keys_as_the_table_grows(void)
{
    struct cb_table table = {0};
    for (int32_t i = 1; i <= 5000; i++) {
        /* Frame addresses: far apart, alike in their low bits. */
        *cb_table_at(&table, (uint64_t)i << 20) = i;
    }

    int n_wrong = 0;
    for (int32_t i = 1; i <= 5000; i++) {
        n_wrong += *cb_table_at(&table, (uint64_t)i << 20) != i;
    }
    CHECK_EQ(n_wrong, 0);
    CHECK_EQ(*cb_table_at(&table, UINT64_MAX), -1);
    cb_table_fini(&table);
}

static void cleared_table_knows_no_key(void)
{
    struct cb_table table = {0};
    *cb_table_at(&table, 7) = 1;
    cb_table_clear(&table);

    CHECK_EQ(*cb_table_at(&table, 7), -1);
    cb_table_fini(&table);
}

static void empty_table_can_be_cleared_and_freed(void)
{
    struct cb_table table = {0};
    cb_table_clear(&table);
    cb_table_fini(&table);

    CHECK_EQ(*cb_table_at(&table, 7), -1);
    cb_table_fini(&table);
}

int main(void)
{
    RUN(new_key_has_no_row);
    RUN(rows_stay_with_their_keys_as_the_table_grows);
    RUN(cleared_table_knows_no_key);
    RUN(empty_table_can_be_cleared_and_freed);
    return check_result();
}
