/* Yours. The key lies in flash: whoever can read that has it. */
#define WIFI_NAME "..."
#define WIFI_PASSWORD "..."
#define HOST ANGO_HOST_EU
#define ORGANIZATION "..."
#define API_KEY "..."
#define ADDRESS "user_1@example.com"
