/* Calls what IDF would call from its main task. */
void app_main(void);

int main(void)
{
    app_main();
    return 0;
}
