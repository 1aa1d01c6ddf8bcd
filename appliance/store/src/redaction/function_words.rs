//! Words that are no name: where one of them stands, a name, a street or the first half of an e-mail address ends.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::words::vocabulary;

static FUNCTION_WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    vocabulary(
        "a al ante con contra cuando como de del desde donde e el ella en entre era es esa ese eso esta este esto está \
         estoy fue ha hay hasta he la las le les lo los llamo llamaba me mi mis muy más nada ni no nos nuestra \
         nuestro o \
         para pero por porque pues puedo que quería querría quiero quisiera se ser si sin sobre soy su sus también te \
         tengo tiene tu tus un una vivo vive voy y ya yo necesito \
         amb als aquest aquesta dels des em ens és estic hi ho i jo l li m meu meua molt els n ne on per perquè \
         però puc qui què s sense són soc sóc tinc té tot u vaig viu visc vull voldria volia dic doncs ja d una uns \
         about am an and are at be but by can could do for from had has have here his how i in is it its my not of \
         on or our she so that the their there they this to was we what when where which with would you your \
         au aux avec c ce ces cette dans des du elle est et il j je leur ma mais mon ne nous où ou par pas pour \
         qu que qui sa ses son suis sur un une votre vous à \
         am ași aș am ca că cu când care cum din după este eu fi în îmi la mea meu mă nu o pe pentru prin să și sunt \
         un unde vreau \
         а але або в від вам вас ви вона він до з за із зі і й к мені мене мій моя мої ми на над не ні от о по при \
         про с та так там те то у чи що щоб як я хочу живу дзвоню \
         أريد اريد أن إلى الى أنا انا في من على عن عندي هل هو هي لا ليس ما مع و يا لدي كنت أسكن اسكن بدي مكتوب \
         مكتوبا مكتوبة موجود موجودة مسجل مسجلا مسجلة يظهر ظهر لم خطأ غير \
         mal wrong misspelt misspelled incorrecto incorrecte spelled spelt",
    )
});

pub fn is_function_word(plain: &str) -> bool {
    FUNCTION_WORDS.contains(plain)
}
