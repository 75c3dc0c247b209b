"""The passwords that guessing starts with, of 8 characters and more, in lower case (ID-16).

Shorter ones are refused by their length. The list is the floor that needs no network.
"""

_LIST = """
00000000 000000000 0000000000 01012000 01234567 012345678 0123456789 10203040 11111111
111111111 1111111111 11223344 1122334455 12121212 12312312 123123123 1231231234 12341234
1234512345 12345678 123456789 1234567890 12345678910 1234567891 123456780 123456987 123456abc
123456ab 123456aa 1234abcd 1234qwer 12344321 123454321 123321123 123qweasd 123qweasdzxc
123abc123 13131313 1357913579 147258369 14725836 159357159 19851985 19871987 1a2b3c4d
1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 1qaz1qaz 20202020 21212121
22222222 222222222 23232323 25802580 31415926 314159265 33333333 4815162342 44444444 55555555
555555555 66666666 77777777 777777777 789456123 7894561230 87654321 88888888 888888888
87654321a 963852741 98765432 987654321 9876543210 99999999 999999999 a1234567 a12345678
a123456789 a1b2c3d4 a1b2c3d4e5 aa123456 aa12345678 aaaaaaaa aaaaaaaaa aaaaaaaaaa abc12345
abc123456 abc123abc abcd1234 abcd12345 abcde12345 abcdefgh abcdefg1 abcdefghi abcdefghij
access14 administrator admin123 admin1234 admin12345 admin123456 adminadmin administrator1
alexander alexandra america1 anderson angelina animal123 apple123 asdasdasd asdf1234 asdfasdf
asdfghjk asdfghjkl asdfghjkl1 asdfjkl1 babygirl babygirl1 backdoor barcelona barcelona1
baseball baseball1 basketball basketball1 bastards batman123 beautiful benjamin bigdaddy
blink182 bluebird bonjour1 brooklyn bulldogs butterfly butterfly1 button123 caroline
carolina celtic123 champion changeme changeme1 changeme123 charlie1 charlie123 charlotte
cheese12 chelsea1 chelseafc chicago1 chocolate chocolate1 christian christina christine
christmas christopher cocacola colorado computer computer1 consumer cookie123 corvette
courtney creative daniel123 danielle darkness database december default1 diamonds dolphins
dragon12 dragon123 dreamers drowssap eagles123 einstein elephant elizabeth eminem123
enter123 explorer facebook facebook1 familyguy fernando fireball firebird firefighter
football football1 football123 forever1 forever21 franklin freedom1 freepass fuckoff1
fuckyou1 fuckyou2 gangster gateway1 goldfish goodluck graduate greenday guitar123 hallo123
hallowelt handball happy123 hardcore hello123 hello1234 hellohello hello12345 heather1
holiday1 homework hunter12 hunter123 iloveyou iloveyou1 iloveyou12 iloveyou2 iloveyou123
iloveyou! iloveu123 ihateyou infinity internet internet1 isabella jackson1 jennifer jessica1
jonathan jordan23 jordan123 juventus kimberly killer123 kingkong kitty123 langtree lasvegas
lawrence letmein1 letmein12 letmein123 letmeinnow liberty1 library1 linkedin liverpool
liverpool1 liverpoolfc logitech london123 loveyou1 lovelove lovely123 loveforever lucky123
manchester manchester1 manutd123 margaret marlboro marshall master12 master123 matthew1
maverick maxwell1 mercedes metallica metallica1 michael1 michael123 michelle michigan
microsoft midnight minecraft minecraft1 monkey12 monkey123 monster1 monster123 mountain
mushroom mustang1 mypassword mypassword1 natalie1 nathaniel newpassword newyork1 nicholas
nintendo nothing1 november october1 offspring online123 p@$$w0rd p@ssw0rd p@ssw0rd1 p@ssword
p@ssword1 pa$$w0rd pa$$word pa55w0rd pa55word paradise parola123 pass1234 pass12345 pass@123
passport passw0rd passw0rd1 passwor1 password password! password. password0 password00
password01 password1 password1! password10 password11 password12 password123 password123!
password1234 password12345 password123456 password2 password21 password22 password3 password4
password5 password6 password7 password8 password9 password99 password@1 password@123
passwordpassword passwort passwort1 passwort123 patricia patrick1 peaches1 pepper123
personal phoenix1 playboy1 playstation pokemon1 pokemon123 porsche911 precious princess
princess1 princess123 private1 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 qazwsx123 qazwsxedc
qazwsxedc123 qqqqqqqq qwaszx12 qwer1234 qwer12345 qwerasdf qwert123 qwert12345 qwerty11
qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwertyui qwertyuiop qwertyuiop1
qwertyqwerty qwertz123 qwertzui qwertzuiop q2w3e4r5 rainbow1 rammstein rangers1 realmadrid
rebecca1 redskins remember rolltide romantic rootroot root1234 rush2112 samantha samsung1
samsung123 scarface schatz123 scooter1 scorpion scotland secret12 secret123 september
sergeant serenity shadow12 shadow123 sithlord skywalker slipknot slipknot1 snickers snowball
snowboard soccer12 soccer123 softball sonnenschein spiderman spiderman1 spongebob squirrel
srinivas stargate starwars starwars1 stephanie stephen1 steelers sterling student1 summer12
summer123 sunflower sunshine sunshine1 sunshine123 superman superman1 superman123 superstar
superuser swordfish system32 tecktonik temp1234 temppass tennis123 test1234 test12345
test123456 testing1 testing123 testtest thunder1 tiffany1 tigers123 tinkerbell tottenham
trinity1 trustno1 trustnoone twilight undertaker unicorn1 universe valentina valentine
vanessa1 veronica victoria victory1 virginia warcraft warrior1 watermelon webmaster welcome1
welcome12 welcome123 welcome1234 welcome@123 whatever whatever1 william1 windows1 winner123
winston1 winter123 wonderful wrestling xxxxxxxx yankees1 yellow12 yourmom1 youtube1 zaq12wsx
zaq1zaq1 zaqxswcde zxcvbn123 zxcvbnm1 zxcvbnm123 zxcvbnm, zxcvbnmasdfghjklqwertyuiop zzzzzzzz
"""

COMMON_PASSWORDS = frozenset(_LIST.split())
