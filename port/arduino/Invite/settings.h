// Yours. The key lies in flash: whoever can read that has it.
#define WIFI_NAME "..."
#define WIFI_PASSWORD "..."
#define INVITE_HOST ANGO_HOST_EU
#define INVITE_PORT 443
#define INVITE_ORGANIZATION "..."
#define INVITE_KEY "..."
#define INVITE_ADDRESS "user_1@example.com"
